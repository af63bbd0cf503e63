// What administrators see and order: instances, running jobs, queues, the audit.
#include "admin.hpp"

#include "../use_cases/order_instances.hpp"
#include "../use_cases/read_admin.hpp"
#include "answers.hpp"

#include "sluice/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace sluice::submission {
namespace {

using nlohmann::json;

json report_of(const instance_view& view) {
    json report = json::parse(view.report, nullptr, false);
    if (!report.is_object()) report = json::object();
    return report;
}

// Every language of every worker is at GET /api/v1/languages.
json instance_json(const instance_view& view) {
    json j = report_of(view);
    for (const char* extra : {"languages", "jobs", "worker_id", "paused", "draining"})
        j.erase(extra);
    j["service"] = view.ref.service;
    j["instance"] = view.ref.id;
    j["answers"] = view.is_current;
    return j;
}

awaitable<http::response> order(app_context& app, http::request request, fleet::action what) {
    const observe::context ctx = context_of(request);
    instance_order o;
    o.administrator = request.user_id;
    o.what = what;
    const auto service = request.params.find("service");
    const auto instance = request.params.find("id");
    if (service != request.params.end()) o.service = service->second;
    if (instance != request.params.end()) o.instance = instance->second;
    const auto done = co_await order_instances(ctx, *app.admin, std::move(o));
    if (!done) co_return problem_of(done.error(), ctx);
    co_return admin_answer({{"instances", outcomes_json(*done)}});
}

}  // namespace

http::response admin_answer(const json& body) {
    return http::json_response(200, json_text(body));
}

json outcomes_json(const std::vector<instance_outcome>& outcomes) {
    json all = json::array();
    for (const auto& each : outcomes) {
        json j = {
            {"service", each.ref.service},
            {"instance", each.ref.id},
            {"applied", each.is_applied}};
        if (!each.is_applied) j["reason"] = each.reason;
        all.push_back(std::move(j));
    }
    return all;
}

awaitable<http::response> list_instances(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await read_instances(ctx, *app.admin);
    if (!found) co_return problem_of(found.error(), ctx);
    json items = json::array();
    for (const auto& view : *found)
        items.push_back(instance_json(view));
    co_return admin_answer({{"items", std::move(items)}});
}

awaitable<http::response> list_jobs(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await read_instances(ctx, *app.admin);
    if (!found) co_return problem_of(found.error(), ctx);
    json items = json::array();
    for (const auto& view : *found) {
        const json report = report_of(view);
        const auto jobs = report.find("jobs");
        if (jobs == report.end() || !jobs->is_array()) continue;
        for (json each : *jobs) {
            if (!each.is_object()) continue;
            each["instance"] = view.ref.id;
            items.push_back(std::move(each));
        }
    }
    co_return admin_answer({{"items", std::move(items)}});
}

awaitable<http::response> list_queues(app_context& app, http::request) {
    const auto depths = co_await app.admin->queues.depths();
    json items = json::array();
    for (const auto& each : depths) {
        json j = {{"queue", each.queue}, {"ready", nullptr}};
        if (each.ready) {
            j["ready"] = *each.ready;
        } else {
            j["problem"] = each.problem;
        }
        items.push_back(std::move(j));
    }
    co_return admin_answer({{"items", std::move(items)}});
}

awaitable<http::response> list_audit(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto limit = read_number(request, "limit", 1, 500, 100);
    if (!limit) co_return problem_of(limit.error(), ctx);
    constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
    const auto before = read_number(request, "before", 1, all, all);
    if (!before) co_return problem_of(before.error(), ctx);
    const auto found = co_await read_audit(ctx, *app.admin, *before, *limit);
    if (!found) co_return problem_of(found.error(), ctx);
    json items = json::array();
    for (const auto& e : *found) {
        json j = {
            {"id", e.id},
            {"at", to_rfc3339(e.at)},
            {"actor", e.actor},
            {"action", e.action},
            {"target", e.target},
            {"outcome", e.outcome}};
        if (e.setting) j["setting"] = *e.setting;
        if (e.from) j["from"] = json::parse(*e.from, nullptr, false);
        if (e.to) j["to"] = json::parse(*e.to, nullptr, false);
        if (e.correlation_id) j["correlation_id"] = e.correlation_id->to_string();
        items.push_back(std::move(j));
    }
    co_return admin_answer({{"items", std::move(items)}});
}

awaitable<http::response> pause_instances(app_context& app, http::request request) {
    co_return co_await order(app, std::move(request), fleet::action::pause);
}

awaitable<http::response> resume_instances(app_context& app, http::request request) {
    co_return co_await order(app, std::move(request), fleet::action::resume);
}

awaitable<http::response> drain_instances(app_context& app, http::request request) {
    co_return co_await order(app, std::move(request), fleet::action::drain);
}

}  // namespace sluice::submission
