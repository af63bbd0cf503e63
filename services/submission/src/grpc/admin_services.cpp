// Administration over gRPC, each method a few lines over the use case that HTTP calls too.
#include "../use_cases/change_settings.hpp"
#include "../use_cases/order_instances.hpp"
#include "../use_cases/read_admin.hpp"
#include "job_services.hpp"
#include "reactors.hpp"

#include "sluice/v1/admin.grpc.pb.h"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using grpc::CallbackServerContext;
using nlohmann::json;

std::string text_in(const json& j, const char* name) {
    const auto found = j.find(name);
    return found != j.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_in(const json& j, const char* name) {
    const auto found = j.find(name);
    return found != j.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

void fill(v1::RunningJob& to, const json& from) {
    to.set_submission_id(text_in(from, "submission_id"));
    to.set_correlation_id(text_in(from, "correlation_id"));
    to.set_user_id(text_in(from, "user_id"));
    to.set_language(text_in(from, "language"));
    to.set_attempt(number_in(from, "attempt"));
    to.set_taken_at(text_in(from, "taken_at"));
}

void fill(v1::Instance& to, const instance_view& from) {
    const auto report = json::parse(from.report, nullptr, false);
    to.set_service(from.ref.service);
    to.set_instance(from.ref.id);
    to.set_answers(from.is_current);
    if (!report.is_object()) return;
    to.set_host(text_in(report, "host"));
    to.set_version(text_in(report, "version"));
    to.set_started_at(text_in(report, "started_at"));
    to.set_state(text_in(report, "state"));
    to.set_config_digest(text_in(report, "config_digest"));
    to.set_slots(number_in(report, "slots"));
    to.set_active_slots(number_in(report, "active_slots"));
    to.set_busy(number_in(report, "busy"));
    const auto jobs = report.find("jobs");
    if (jobs == report.end() || !jobs->is_array()) return;
    for (const auto& each : *jobs) {
        if (each.is_object()) fill(*to.add_jobs(), each);
    }
}

void fill(v1::InstanceOutcome& to, const instance_outcome& from) {
    to.set_service(from.ref.service);
    to.set_instance(from.ref.id);
    to.set_applied(from.is_applied);
    if (!from.is_applied) to.set_reason(from.reason);
}

void fill(v1::AuditEntry& to, const audit_entry& from) {
    constexpr std::int64_t ms_per_second = 1000;
    constexpr std::int64_t ns_per_ms = 1'000'000;
    const std::int64_t ms = unix_ms(from.at);
    to.set_id(from.id);
    to.mutable_at()->set_seconds(ms / ms_per_second);
    to.mutable_at()->set_nanos(static_cast<std::int32_t>(ms % ms_per_second * ns_per_ms));
    to.set_actor(from.actor);
    to.set_action(from.action);
    to.set_target(from.target);
    if (from.setting) to.set_setting(*from.setting);
    if (from.from) to.set_from(*from.from);
    if (from.to) to.set_to(*from.to);
    to.set_outcome(from.outcome);
    if (from.correlation_id) to.set_correlation_id(from.correlation_id->to_string());
}

std::optional<fleet::action> action_of(v1::InstanceAction a) {
    switch (a) {
        case v1::INSTANCE_ACTION_PAUSE:
            return fleet::action::pause;
        case v1::INSTANCE_ACTION_RESUME:
            return fleet::action::resume;
        case v1::INSTANCE_ACTION_DRAIN:
            return fleet::action::drain;
        default:
            return std::nullopt;
    }
}

class admin_calls final : public v1::AdminService::CallbackService {
public:
    admin_calls(call_bridge& bridge, const grpc_config& settings, grpc_services s)
        : bridge_(bridge), settings_(settings), services_(std::move(s)) {}

    grpc::ServerUnaryReactor* ListInstances(
        CallbackServerContext* context,
        const v1::ListInstancesRequest* request,
        v1::ListInstancesResponse* answer
    ) override {
        return call(*context, "ListInstances", *request, answer, &admin_calls::list_instances);
    }
    grpc::ServerUnaryReactor* ListQueues(
        CallbackServerContext* context,
        const v1::ListQueuesRequest* request,
        v1::ListQueuesResponse* answer
    ) override {
        return call(*context, "ListQueues", *request, answer, &admin_calls::list_queues);
    }
    grpc::ServerUnaryReactor* OrderInstances(
        CallbackServerContext* context,
        const v1::OrderInstancesRequest* request,
        v1::OrderInstancesResponse* answer
    ) override {
        return call(*context, "OrderInstances", *request, answer, &admin_calls::order);
    }
    grpc::ServerUnaryReactor* ListSettings(
        CallbackServerContext* context,
        const v1::ListSettingsRequest* request,
        v1::ListSettingsResponse* answer
    ) override {
        return call(*context, "ListSettings", *request, answer, &admin_calls::list_settings);
    }
    grpc::ServerUnaryReactor* ChangeSettings(
        CallbackServerContext* context,
        const v1::ChangeSettingsRequest* request,
        v1::ChangeSettingsResponse* answer
    ) override {
        return call(*context, "ChangeSettings", *request, answer, &admin_calls::change);
    }
    grpc::ServerUnaryReactor* ListAudit(
        CallbackServerContext* context,
        const v1::ListAuditRequest* request,
        v1::ListAuditResponse* answer
    ) override {
        return call(*context, "ListAudit", *request, answer, &admin_calls::list_audit);
    }

private:
    template <class Request, class Answer>
    using method = awaitable<outcome<Answer>> (admin_calls::*)(call_facts facts, Request request);

    template <class Request, class Answer>
    grpc::ServerUnaryReactor* call(
        CallbackServerContext& context,
        const char* name,
        const Request& request,
        Answer* answer,
        method<Request, Answer> act
    ) {
        auto handle = [this, act](call_facts f, Request r) {
            return for_administrators(std::move(f), std::move(r), act);
        };
        auto facts = facts_of(context, name);
        return std::make_unique<unary_call<Request, Answer>>(
                   bridge_,
                   std::move(facts),
                   request,
                   answer,
                   std::move(handle)
        )
            .release();  // it deletes itself when gRPC is done with it
    }

    // The one door: no method is reached without an administrator.
    template <class Request, class Answer>
    awaitable<outcome<Answer>>
    for_administrators(call_facts facts, Request request, method<Request, Answer> act) {
        auto who = co_await identify(services_, settings_.bind_users, facts, false);
        if (!who) co_return who.error();
        if (who->role != role::admin || !who->scopes.admin) {
            co_return reject("forbidden", "this is for administrators");
        }
        if (facts.ctx.correlation_id.empty()) {
            facts.ctx.correlation_id = services_.p.ids.next_correlation().to_string();
        }
        co_return co_await (this->*act)(std::move(facts), std::move(request));
    }

    awaitable<outcome<v1::ListInstancesResponse>>
    list_instances(call_facts facts, v1::ListInstancesRequest) {
        const auto found = co_await read_instances(facts.ctx, admin());
        if (!found) co_return found.error();
        v1::ListInstancesResponse answer;
        for (const auto& each : *found)
            fill(*answer.add_instances(), each);
        co_return answer;
    }

    awaitable<outcome<v1::ListQueuesResponse>> list_queues(call_facts, v1::ListQueuesRequest) {
        const auto depths = co_await admin().queues.depths();
        v1::ListQueuesResponse answer;
        for (const auto& each : depths) {
            auto& to = *answer.add_queues();
            to.set_queue(each.queue);
            if (each.ready) to.set_ready(*each.ready);
            to.set_problem(each.problem);
        }
        co_return answer;
    }

    awaitable<outcome<v1::OrderInstancesResponse>>
    order(call_facts facts, v1::OrderInstancesRequest request) {
        const auto what = action_of(request.action());
        if (!what || (request.service().empty() && request.instance().empty())) {
            co_return reject("invalid_request", "an order has an action and says whom it is for");
        }
        instance_order o;
        o.administrator = facts.ctx.user_id;
        o.what = *what;
        o.service = request.service();
        o.instance = request.instance();
        const auto done = co_await order_instances(facts.ctx, admin(), std::move(o));
        if (!done) co_return done.error();
        v1::OrderInstancesResponse answer;
        for (const auto& each : *done)
            fill(*answer.add_instances(), each);
        co_return answer;
    }

    awaitable<outcome<v1::ListSettingsResponse>>
    list_settings(call_facts facts, v1::ListSettingsRequest) {
        const auto found = co_await read_settings(facts.ctx, admin());
        if (!found) co_return found.error();
        v1::ListSettingsResponse answer;
        for (const auto& of_service : *found) {
            const auto all = json::parse(of_service.settings, nullptr, false);
            if (!all.is_array()) continue;
            for (const auto& each : all) {
                if (!each.is_object()) continue;
                auto& to = *answer.add_settings();
                to.set_service(of_service.service);
                to.set_name(text_in(each, "name"));
                to.set_value(each.value("value", json()).dump());
                to.set_overridden(each.value("overridden", false));
                to.set_meaning(text_in(each, "meaning"));
            }
        }
        co_return answer;
    }

    awaitable<outcome<v1::ChangeSettingsResponse>>
    change(call_facts facts, v1::ChangeSettingsRequest request) {
        settings_patch patch;
        patch.administrator = facts.ctx.user_id;
        for (const auto& each : request.changes()) {
            setting_change_row row{each.service(), each.name(), std::nullopt};
            if (each.has_value()) row.value = each.value();
            patch.rows.push_back(std::move(row));
        }
        if (patch.rows.empty()) co_return reject("invalid_request", "nothing is to be changed");
        const auto done = co_await change_settings(facts.ctx, admin(), std::move(patch));
        if (!done) co_return done.error();
        v1::ChangeSettingsResponse answer;
        for (const auto& each : done->changes) {
            auto& to = *answer.add_changes();
            to.set_service(each.service);
            to.set_name(each.what.name);
            to.set_from(each.what.from);
            to.set_to(each.what.to);
        }
        for (const auto& each : done->instances)
            fill(*answer.add_instances(), each);
        co_return answer;
    }

    awaitable<outcome<v1::ListAuditResponse>>
    list_audit(call_facts facts, v1::ListAuditRequest request) {
        constexpr std::int64_t usual = 100;
        constexpr std::int64_t most = 500;
        const std::int64_t limit = request.limit() == 0 ? usual : request.limit();
        if (limit < 1 || limit > most) co_return reject("invalid_request", "limit is 1 to 500");
        std::optional<std::int64_t> before;
        if (request.has_before()) before = request.before();
        const auto found = co_await read_audit(facts.ctx, admin(), before, limit);
        if (!found) co_return found.error();
        v1::ListAuditResponse answer;
        for (const auto& each : *found)
            fill(*answer.add_entries(), each);
        co_return answer;
    }

    admin_ports& admin() { return *services_.admin; }

    call_bridge& bridge_;
    const grpc_config& settings_;
    grpc_services services_;
};

}  // namespace

std::unique_ptr<grpc::Service>
make_admin_service(call_bridge& bridge, const grpc_config& settings, grpc_services s) {
    return std::make_unique<admin_calls>(bridge, settings, std::move(s));
}

}  // namespace sluice::submission
