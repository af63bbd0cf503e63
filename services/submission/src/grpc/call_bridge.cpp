// See call_bridge.hpp.
#include "call_bridge.hpp"

#include "status_of.hpp"

#include "sluice/core/ids.hpp"
#include "sluice/http/bearer.hpp"
#include "sluice/observe/log.hpp"

#include <boost/asio/post.hpp>

namespace sluice::submission {
namespace {

std::string metadata(const grpc::CallbackServerContext& context, const char* name) {
    const auto& all = context.client_metadata();
    const auto found = all.find(name);
    if (found == all.end()) return {};
    return {found->second.data(), found->second.size()};
}

// "ipv4:127.0.0.1:4711" and "ipv6:%5B::1%5D:4711" without scheme and port.
std::string address_of(const std::string& peer) {
    const std::size_t begin = peer.find(':');
    const std::size_t end = peer.rfind(':');
    if (begin == std::string::npos || end <= begin) return peer;
    std::string address = peer.substr(begin + 1, end - begin - 1);
    if (address.starts_with("%5B") && address.ends_with("%5D")) {
        address = address.substr(3, address.size() - 6);
    } else if (address.starts_with("[") && address.ends_with("]")) {
        address = address.substr(1, address.size() - 2);
    }
    return address;
}

void log_exception(const std::string& name, std::exception_ptr thrown) {
    observe::error({}, "grpc_call_failed", {{"method", name}, {"error", sluice::describe(thrown)}});
}

}  // namespace

call_facts facts_of(const grpc::CallbackServerContext& context, std::string method) {
    call_facts facts;
    facts.method = std::move(method);
    const std::string shown = metadata(context, "authorization");
    if (const auto token = http::parse_bearer(shown)) facts.token = *token;
    facts.client_address = address_of(context.peer());
    const auto names = context.auth_context()->FindPropertyValues("x509_common_name");
    if (!names.empty()) facts.certificate_name.assign(names.front().data(), names.front().size());
    // A client may name its correlation id, as over HTTP; what is no UUID is passed over.
    const auto given = sluice::correlation_id::parse(metadata(context, "x-correlation-id"));
    if (given) facts.ctx.correlation_id = given->to_string();
    facts.ctx.traceparent = metadata(context, "traceparent");
    if (!observe::is_valid_traceparent(facts.ctx.traceparent)) {
        facts.ctx.traceparent = observe::make_traceparent();
    }
    return facts;
}

grpc::Status status_of(const rejection& no) {
    return {status_code_of(no.code), status_text_of(no)};
}

call_bridge::call_bridge(asio::any_io_executor executor, std::size_t max_calls)
    : executor_(executor)
    , max_calls_(max_calls)
    , calls_(executor, log_exception)
    , in_flight_(observe::metrics::instance()
                     .get_gauge("sluice_submission_grpc_calls", "gRPC calls that are under way")) {}

void call_bridge::start(
    call_facts facts,
    std::function<awaitable<grpc::Status>(call_facts)> body,
    std::function<void(grpc::Status)> finish
) {
    auto begin = [this, facts = std::move(facts), body = std::move(body), finish]() mutable {
        const std::string method = facts.method;
        if (calls_.count() >= max_calls_) {
            count(method, grpc::StatusCode::RESOURCE_EXHAUSTED);
            finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls at a time"});
            return;
        }
        if (!calls_.spawn(method, run(std::move(facts), std::move(body), finish))) {
            count(method, grpc::StatusCode::UNAVAILABLE);
            finish({grpc::StatusCode::UNAVAILABLE, "this server stops"});
            return;
        }
        in_flight_.set(static_cast<double>(calls_.count()));
    };
    asio::post(executor_, std::move(begin));
}

// The one place where a call's exceptions end, as with an HTTP request.
awaitable<void> call_bridge::run(
    call_facts facts,
    std::function<awaitable<grpc::Status>(call_facts)> body,
    std::function<void(grpc::Status)> finish
) {
    const std::string method = facts.method;
    const observe::context ctx = facts.ctx;
    grpc::Status status(grpc::StatusCode::INTERNAL, "something went wrong on our side");
    std::exception_ptr thrown;
    try {
        status = co_await body(std::move(facts));
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            status = {grpc::StatusCode::UNAVAILABLE, "this server stops"};
        } else {
            observe::error(
                ctx,
                "grpc_call_failed",
                {{"method", method}, {"error", sluice::describe(thrown)}}
            );
        }
    }
    count(method, status.error_code());
    in_flight_.set(static_cast<double>(calls_.count() - 1));
    finish(std::move(status));
}

void call_bridge::count(const std::string& method, grpc::StatusCode code) {
    auto [counter, is_new] = counters_.try_emplace({method, static_cast<int>(code)});
    if (is_new) {
        observe::labels l;
        l["method"] = method;
        l["code"] = name_of(code);
        counter->second = observe::metrics::instance()
                              .get_counter("sluice_submission_grpc_calls_total", "gRPC calls.", l);
    }
    counter->second.increment();
}

void call_bridge::step_ended(std::shared_ptr<call_state> state, bool is_good) {
    asio::post(executor_, [state = std::move(state), is_good] {
        state->is_step_good = is_good;
        state->step_ended.set();
    });
}

void call_bridge::cancelled(std::shared_ptr<call_state> state) {
    asio::post(executor_, [state = std::move(state)] { state->cancelled.set(); });
}

void call_bridge::dropped(std::shared_ptr<call_state> state) {
    asio::post(executor_, [state = std::move(state)] {});
}

awaitable<std::size_t> call_bridge::close(std::chrono::milliseconds grace) {
    co_return co_await calls_.close(grace);
}

}  // namespace sluice::submission
