// GET and PATCH /api/v1/admin/settings. The body names services and settings: {"execution":
// {"active_slots": 1}, "submission": {"log.level": null}}; null gives back what the configuration
// says.
#include "../use_cases/change_settings.hpp"
#include "../use_cases/read_admin.hpp"
#include "admin.hpp"
#include "answers.hpp"

#include "sluice/core/json_text.hpp"
#include "sluice/http/problem.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using nlohmann::json;

// As the environment would give it: texts as they are, everything else as JSON; the values of a map
// are texts there.
std::string text_of(json value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_object()) {
        for (auto& each : value) {
            if (!each.is_string()) each = each.dump();
        }
    }
    return json_text(value);
}

outcome<settings_patch> parse_patch(const http::request& request) {
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) return reject("invalid_json", "the body must be a JSON object");
    settings_patch patch;
    patch.administrator = request.user_id;
    for (const auto& [service, settings] : body.items()) {
        if (!settings.is_object()) {
            return wrong_field(
                service,
                "must be an object of settings",
                "{\"log.level\": \"info\"}"
            );
        }
        for (const auto& [name, value] : settings.items()) {
            setting_change_row row{service, name, std::nullopt};
            if (!value.is_null()) row.value = text_of(value);
            patch.rows.push_back(std::move(row));
        }
    }
    if (patch.rows.empty()) return reject("invalid_request", "the body changes nothing");
    return patch;
}

}  // namespace

awaitable<http::response> get_settings(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await read_settings(ctx, *app.admin);
    if (!found) co_return problem_of(found.error(), ctx);
    json services = json::object();
    for (const auto& each : *found)
        services[each.service] = json::parse(each.settings, nullptr, false);
    const json body = {{"services", std::move(services)}};
    co_return admin_answer(body);
}

awaitable<http::response> patch_settings(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    auto patch = parse_patch(request);
    if (!patch) co_return problem_of(patch.error(), ctx);
    const auto done = co_await change_settings(ctx, *app.admin, std::move(*patch));
    if (!done) co_return problem_of(done.error(), ctx);
    json changes = json::array();
    for (const auto& each : done->changes) {
        changes.push_back(
            {{"service", each.service},
             {"setting", each.what.name},
             {"from", json::parse(each.what.from, nullptr, false)},
             {"to", json::parse(each.what.to, nullptr, false)}}
        );
    }
    const json body = {
        {"changes", std::move(changes)},
        {"instances", outcomes_json(done->instances)}};
    co_return admin_answer(body);
}

}  // namespace sluice::submission
