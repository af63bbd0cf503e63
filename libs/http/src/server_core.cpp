// The decisions about a request, from identity to metrics.
#include "server_core.hpp"

#include "sluice/http/problem.hpp"
#include "sluice/observe/log.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace sluice::http {
namespace {

constexpr const char* preflight_seconds = "600";

// "http://host/path" is the form that proxies send; what counts is the path.
std::string_view origin_form(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!target.starts_with(scheme)) continue;
        const std::size_t slash = target.find('/', scheme.size());
        return slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    return target;
}

std::string with_options(std::string allow) {
    return allow.empty() ? "OPTIONS" : allow + ", OPTIONS";
}

}  // namespace

server_core::server_core(std::string service, server_config c, router r, authenticator a)
    : config(std::move(c))
    , routes(std::move(r))
    , prefix_("sluice_" + service + "_http_")
    , authenticate_(std::move(a)) {}

routed server_core::route(request& q, std::string_view method_text) const {
    routed result;
    const auto method = parse_verb(method_text);
    if (!method) {
        result.early = problem("not_implemented", "this method is not known here", q.ctx);
        return result;
    }
    q.method = *method;
    if (q.target == "*" && q.method == verb::options) {
        result.early = response{204, {}, {}, false};
        return result;
    }
    if (!parse_target(origin_form(q.target), q.path, q.query)) {
        result.early = problem("invalid_request", "the request target is malformed", q.ctx);
        return result;
    }
    match_result found = routes.match(q.method, q.path);
    if (found.route != nullptr) {
        q.params = std::move(found.params);
        q.needs = found.route->need;
        result.route = found.route;
    } else if (!found.path_known) {
        result.early = problem("not_found", "no such resource", q.ctx);
    } else if (q.method == verb::options) {
        result.early = preflight(q, with_options(std::move(found.allow)));
    } else {
        result.early = problem("method_not_allowed", "allowed here: " + found.allow, q.ctx);
        result.early->headers.add("Allow", std::move(found.allow));
    }
    return result;
}

response server_core::preflight(const request& q, std::string allow) const {
    response answer;
    answer.status = 204;
    const bool is_preflight = q.headers.contains("Access-Control-Request-Method");
    if (is_preflight && is_allowed_origin(q.headers.get("Origin"))) {
        answer.headers.add("Access-Control-Allow-Methods", allow);
        answer.headers.add(
            "Access-Control-Allow-Headers",
            "Authorization, Content-Type, Idempotency-Key, X-Correlation-Id, traceparent"
        );
        answer.headers.add("Access-Control-Max-Age", preflight_seconds);
    }
    answer.headers.add("Allow", std::move(allow));
    return answer;
}

awaitable<std::optional<response>> server_core::authenticate(request& q, access who) const {
    if (!authenticate_) co_return std::nullopt;
    std::exception_ptr thrown;
    try {
        co_return co_await authenticate_(q, who);
    } catch (...) {
        thrown = std::current_exception();
    }
    observe::error(q.ctx, "http_authenticator_failed", {{"error", sluice::describe(thrown)}});
    co_return problem("internal", "", q.ctx);
}

awaitable<response> server_core::handle(const bound_route& row, request q) const {
    const observe::context ctx = q.ctx;
    std::exception_ptr thrown;
    try {
        co_return co_await row.handler(std::move(q));
    } catch (...) {
        thrown = std::current_exception();
    }
    observe::error(
        ctx,
        "http_handler_failed",
        {{"route", row.pattern}, {"error", sluice::describe(thrown)}}
    );
    co_return problem("internal", "", ctx);
}

bool server_core::is_allowed_origin(std::string_view origin) const {
    if (origin.empty()) return false;
    for (const std::string& allowed : config.cors_origins) {
        if (allowed == "*" || allowed == origin) return true;
    }
    return false;
}

void server_core::complete(response& answer, const observe::context& ctx, std::string_view origin)
    const {
    answer.headers.set("X-Correlation-Id", ctx.correlation_id);
    if (config.cors_origins.empty()) return;
    answer.headers.add("Vary", "Origin");
    if (!is_allowed_origin(origin)) return;
    answer.headers.add("Access-Control-Allow-Origin", std::string(origin));
    answer.headers.add(
        "Access-Control-Expose-Headers",
        "Location, Retry-After, X-Correlation-Id, RateLimit-Limit, RateLimit-Remaining, "
        "RateLimit-Reset"
    );
}

void server_core::record(
    const bound_route* row,
    std::string_view method_text,
    unsigned status,
    std::chrono::steady_clock::duration took
) {
    // A method or a path of the client's invention must not become a label.
    const std::string route_label = row == nullptr ? "unmatched" : row->pattern;
    std::string method_label = parse_verb(method_text) ? std::string(method_text) : "other";
    auto [count, is_new] = counters_.try_emplace({row, method_label, status});
    if (is_new) {
        observe::labels l;
        l["route"] = route_label;
        l["method"] = std::move(method_label);
        l["status"] = std::to_string(status);
        count->second = observe::metrics::instance()
                            .get_counter(prefix_ + "requests_total", "HTTP requests answered.", l);
    }
    count->second.increment();
    auto [seconds, is_first] = histograms_.try_emplace(row);
    if (is_first) {
        observe::labels l;
        l["route"] = route_label;
        seconds->second = observe::metrics::instance().get_histogram(
            prefix_ + "request_seconds",
            "Time from the end of the header to the answer.",
            observe::seconds_buckets(),
            l
        );
    }
    seconds->second.observe(std::chrono::duration<double>(took).count());
}

}  // namespace sluice::http
