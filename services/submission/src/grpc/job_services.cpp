// See job_services.hpp. What a client sends is bounded before it is kept: one message by the
// server's largest size, the commands of a batch by their number and their bytes.
#include "job_services.hpp"

#include "../use_cases/schedule_jobs.hpp"
#include "../use_cases/search_jobs.hpp"
#include "grpc/health/v1/health.grpc.pb.h"
#include "job_messages.hpp"
#include "reactors.hpp"
#include "system_c/job_worker.grpc.pb.h"

#include "sluice/observe/log.hpp"
#include "sluice/runtime/unless.hpp"

namespace sluice::submission {
namespace {

using grpc::CallbackServerContext;

constexpr int retry_after_seconds = 2;

}  // namespace

// ---- who calls ----

awaitable<outcome<identity>>
identify(grpc_services& s, bool is_bound, call_facts& facts, bool is_counted) {
    if (facts.token.empty()) {
        co_return reject("unauthorized", "send the metadata authorization: Bearer <token>");
    }
    auto found = co_await s.identities.of_token(facts.token);
    if (!found) {
        constexpr const char* text = "callers cannot be told apart just now";
        co_return reject("storage_unavailable", text, retry_after_seconds);
    }
    if (!*found) co_return reject("unauthorized", "this token is not known, or no longer");
    if (is_bound && (*found)->user != facts.certificate_name) {
        co_return reject("forbidden", "the certificate is not that of the token's user");
    }
    facts.ctx.user_id = (*found)->user;
    if (is_counted && s.requests != nullptr) {
        quota_subject who{(*found)->user, (*found)->key};
        auto verdict = co_await s.requests->request(std::move(who));
        if (verdict.refused) co_return std::move(*verdict.refused);
    }
    co_return std::move(**found);
}

namespace {

sluice::correlation_id correlation_of(observe::context& ctx, id_source& ids) {
    const auto given = sluice::correlation_id::parse(ctx.correlation_id);
    const auto id = given ? *given : ids.next_correlation();
    ctx.correlation_id = id.to_string();
    return id;
}

// ---- AuthService ----

class auth_service final : public ::AuthService::CallbackService {
public:
    auth_service(call_bridge& bridge, grpc_services s) : bridge_(bridge), services_(std::move(s)) {}

    grpc::ServerUnaryReactor* Login(
        CallbackServerContext* context,
        const ::LoginRequest* request,
        ::LoginResponse* answer
    ) override {
        using call = unary_call<::LoginRequest, ::LoginResponse>;
        auto handle = [this](call_facts f, ::LoginRequest r) {
            return login(std::move(f), std::move(r));
        };
        return begin_call<call>(
            bridge_,
            facts_of(*context, "Login"),
            *request,
            answer,
            std::move(handle)
        );
    }

private:
    awaitable<outcome<::LoginResponse>> login(call_facts facts, ::LoginRequest request) {
        if (services_.login == nullptr) {
            co_return reject("not_implemented", "there are no accounts here");
        }
        if (request.username().empty() || request.password().empty()) {
            rejection no = reject("invalid_field", "the login is not complete");
            const bool is_name = request.username().empty();
            no.problems.push_back({is_name ? "username" : "password", "required", "is required", ""}
            );
            co_return no;
        }
        auto done = co_await services_.login
                        ->login(request.username(), request.password(), facts.client_address);
        if (!done && done.error() == errc::overloaded) {
            co_return reject("too_many_requests", "too many attempts", retry_after_seconds);
        }
        if (!done) {
            observe::warn(facts.ctx, "login_failed", {{"error", done.error()}});
            co_return reject("storage_unavailable", "accounts cannot be read just now", 2);
        }
        if (!*done) co_return reject("unauthorized", "wrong name or password");
        ::LoginResponse answer;
        answer.set_access_token((*done)->token);
        co_return answer;
    }

    call_bridge& bridge_;
    grpc_services services_;
};

// ---- JobScheduleService ----

class schedule_service final : public ::JobScheduleService::CallbackService {
public:
    schedule_service(call_bridge& bridge, const grpc_config& settings, grpc_services s)
        : bridge_(bridge), settings_(settings), services_(std::move(s)) {}

    grpc::ServerUnaryReactor* ExecuteJob(
        CallbackServerContext* context,
        const ::JobRequest* request,
        ::JobResponse* answer
    ) override {
        using call = unary_call<::JobRequest, ::JobResponse>;
        auto handle = [this](call_facts f, ::JobRequest r) {
            return execute_one(std::move(f), std::move(r));
        };
        auto facts = facts_of(*context, "ExecuteJob");
        return begin_call<call>(bridge_, std::move(facts), *request, answer, std::move(handle));
    }

    grpc::ServerReadReactor<::JobRequest>*
    ExecuteJobs(CallbackServerContext* context, ::JobResponse* answer) override {
        auto handle = [this](call_facts f, batch_call& c) { return execute_many(std::move(f), c); };
        return begin_call<batch_call>(
            bridge_,
            facts_of(*context, "ExecuteJobs"),
            answer,
            std::move(handle)
        );
    }

private:
    using batch_call = reading_call<::JobRequest, ::JobResponse>;

    awaitable<outcome<::JobResponse>> execute_one(call_facts facts, ::JobRequest request) {
        auto who = co_await identify(services_, settings_.bind_users, facts);
        if (!who) co_return who.error();
        std::vector<std::string> commands;
        commands.push_back(std::move(*request.mutable_command()));
        co_return co_await schedule(std::move(facts), std::move(*who), std::move(commands));
    }

    // Nothing is read before it is known who sends it.
    awaitable<outcome<::JobResponse>> execute_many(call_facts facts, batch_call& call) {
        auto who = co_await identify(services_, settings_.bind_users, facts);
        if (!who) co_return who.error();
        std::vector<std::string> commands;
        std::size_t bytes = 0;
        for (;;) {
            const auto message = co_await call.next(deadline::in(settings_.read_timeout));
            if (!message && message.error() == errc::timeout) {
                co_return reject("request_timeout", "the next command did not come in time");
            }
            if (!message) co_return broken_off();
            if (*message == nullptr) break;
            bytes += (*message)->command().size();
            if (commands.size() >= services_.p.max_batch_items ||
                bytes > static_cast<std::size_t>(settings_.max_batch.value)) {
                co_return reject(
                    "payload_too_large",
                    "a batch has at most " + std::to_string(services_.p.max_batch_items) +
                        " commands and " + to_string(settings_.max_batch)
                );
            }
            commands.push_back((*message)->command());
        }
        const bool is_complete = co_await call.is_complete(deadline::in(settings_.write_timeout));
        if (!is_complete) co_return broken_off();
        co_return co_await schedule(std::move(facts), std::move(*who), std::move(commands));
    }

    static rejection broken_off() { return reject("shutting_down", "the call was broken off"); }

    awaitable<outcome<::JobResponse>>
    schedule(call_facts facts, identity who, std::vector<std::string> commands) {
        if (!who.scopes.submit) co_return reject("forbidden", "this token may not submit");
        const auto id = correlation_of(facts.ctx, services_.p.ids);
        quota_subject subject{std::move(who.user), who.key};
        auto done = co_await schedule_jobs(
            facts.ctx,
            services_.p,
            std::move(subject),
            id,
            std::move(commands)
        );
        if (!done) co_return done.error();
        co_return to_message(*done);
    }

    call_bridge& bridge_;
    const grpc_config& settings_;
    grpc_services services_;
};

// ---- JobQueryService ----

class query_service final : public ::JobQueryService::CallbackService {
public:
    query_service(call_bridge& bridge, const grpc_config& settings, grpc_services s)
        : bridge_(bridge), settings_(settings), services_(std::move(s)) {}

    grpc::ServerWriteReactor<::SearchJobResponse>*
    SearchJob(CallbackServerContext* context, const ::SearchJobRequest* request) override {
        auto handle = [this](call_facts f, ::SearchJobRequest r, search_call& c) {
            return search(std::move(f), std::move(r), c);
        };
        auto facts = facts_of(*context, "SearchJob");
        return begin_call<search_call>(
            bridge_,
            context,
            std::move(facts),
            *request,
            std::move(handle)
        );
    }

private:
    using search_call = writing_call<::SearchJobRequest, ::SearchJobResponse>;

    class listener final : public job_listener {
    public:
        listener(search_call& call, const grpc_config& settings, std::string id)
            : call_(call), settings_(settings), id_(std::move(id)) {}
        awaitable<bool> tell(job_event event) override {
            auto message = to_message(event, id_);
            const deadline until = deadline::in(settings_.write_timeout);
            co_return co_await call_.write(std::move(message), until);
        }

    private:
        search_call& call_;
        const grpc_config& settings_;
        std::string id_;
    };

    awaitable<grpc::Status>
    search(call_facts facts, ::SearchJobRequest request, search_call& call) {
        auto who = co_await identify(services_, settings_.bind_users, facts);
        if (!who) co_return status_of(who.error());
        if (!who->scopes.read) {
            co_return status_of(reject("forbidden", "this token may not read"));
        }
        const auto id = sluice::correlation_id::parse(request.correlation_id());
        if (!id) {
            rejection no = reject("invalid_field", "the search is not acceptable as it is");
            no.problems.push_back({"correlation_id", "malformed", "is no correlation id", "a UUID"}
            );
            co_return status_of(no);
        }
        facts.ctx.correlation_id = id->to_string();
        auto begun = co_await begin_search(facts.ctx, services_.p, std::move(who->user), *id);
        if (!begun) co_return status_of(begun.error());
        listener to(call, settings_, id->to_string());
        auto following = follow(facts.ctx, std::move(*begun), to);
        auto done = co_await runtime::unless(call.cancelled(), std::move(following));
        if (call.is_late()) {
            co_return status_of(reject("request_timeout", "nothing was taken in time"));
        }
        if (!done) co_return grpc::Status::CANCELLED;
        if (*done) co_return status_of(**done);
        co_return grpc::Status::OK;
    }

    awaitable<result<std::optional<rejection>>>
    follow(observe::context ctx, job_search search, listener& to) {
        co_return co_await follow_jobs(std::move(ctx), services_.p, std::move(search), to);
    }

    call_bridge& bridge_;
    const grpc_config& settings_;
    grpc_services services_;
};

// ---- health ----

class health_service final : public grpc::health::v1::Health::CallbackService {
public:
    health_service(call_bridge& bridge, grpc_services s)
        : bridge_(bridge), services_(std::move(s)) {}

    // Watch is left unimplemented, which clients take for "ask with Check".
    grpc::ServerUnaryReactor* Check(
        CallbackServerContext* context,
        const grpc::health::v1::HealthCheckRequest* request,
        grpc::health::v1::HealthCheckResponse* answer
    ) override {
        using question = grpc::health::v1::HealthCheckRequest;
        using reply = grpc::health::v1::HealthCheckResponse;
        auto handle = [this](call_facts f, question q) {
            return check(std::move(f), std::move(q));
        };
        auto facts = facts_of(*context, "Check");
        return begin_call<unary_call<question, reply>>(
            bridge_,
            std::move(facts),
            *request,
            answer,
            std::move(handle)
        );
    }

private:
    awaitable<outcome<grpc::health::v1::HealthCheckResponse>>
    check(call_facts, grpc::health::v1::HealthCheckRequest request) {
        static const std::set<std::string> known{
            "",
            ::AuthService::service_full_name(),
            ::JobScheduleService::service_full_name(),
            ::JobQueryService::service_full_name(),
            "sluice.v1.AdminService"};
        if (!known.contains(request.service())) {
            co_return reject("not_found", "there is no such service");
        }
        grpc::health::v1::HealthCheckResponse answer;
        using status = grpc::health::v1::HealthCheckResponse;
        answer.set_status(services_.is_ready() ? status::SERVING : status::NOT_SERVING);
        co_return answer;
    }

    call_bridge& bridge_;
    grpc_services services_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>>
make_job_services(call_bridge& bridge, const grpc_config& settings, grpc_services s) {
    std::vector<std::unique_ptr<grpc::Service>> all;
    all.push_back(std::make_unique<auth_service>(bridge, s));
    all.push_back(std::make_unique<schedule_service>(bridge, settings, s));
    all.push_back(std::make_unique<query_service>(bridge, settings, s));
    all.push_back(std::make_unique<health_service>(bridge, s));
    if (s.admin != nullptr) all.push_back(make_admin_service(bridge, settings, s));
    return all;
}

}  // namespace sluice::submission
