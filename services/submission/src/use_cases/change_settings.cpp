// See change_settings.hpp. Nobody here knows the other services' settings: their instances check,
// each the whole of what it would have to live with.
#include "change_settings.hpp"

#include "read_submission.hpp"

#include "sluice/observe/log.hpp"

#include <algorithm>
#include <set>

namespace sluice::submission {
namespace {

// One service's part of a change, before and after the check.
struct plan {
    std::string service;
    runtime::setting_overrides values;  // all of them, as they would be
    std::vector<instance_ref> instances;
    std::vector<setting_change> changes;
};

std::vector<plan> plans_of(
    const settings_patch& patch,
    const all_overrides& present,
    const std::vector<live_instance>& live
) {
    std::vector<plan> plans;
    for (const auto& row : patch.rows) {
        auto found = std::ranges::find(plans, row.service, &plan::service);
        if (found == plans.end()) {
            plan fresh;
            fresh.service = row.service;
            const auto old = present.find(row.service);
            if (old != present.end()) fresh.values = old->second;
            for (const auto& each : live) {
                if (each.ref.service == row.service) fresh.instances.push_back(each.ref);
            }
            found = plans.insert(plans.end(), std::move(fresh));
        }
        if (row.value) {
            found->values[row.name] = *row.value;
        } else {
            found->values.erase(row.name);
        }
    }
    return plans;
}

std::vector<domain::input_problem> unknown_services(const settings_patch& patch) {
    std::vector<domain::input_problem> problems;
    for (const auto& row : patch.rows) {
        if (is_service(row.service)) continue;
        problems.push_back(
            {row.service,
             "not_allowed",
             "there is no such service",
             "submission, execution, notification, websocket"}
        );
    }
    return problems;
}

// Several instances say the same: each problem once.
void collect(
    const std::string& service,
    const std::vector<fleet::answer>& answers,
    std::vector<domain::input_problem>& into
) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& a : answers) {
        for (const auto& p : a.problems) {
            if (!seen.emplace(p.setting, p.message).second) continue;
            const std::string field = p.setting.empty() ? service : service + "." + p.setting;
            into.push_back({field, "not_allowed", p.message, ""});
        }
    }
}

awaitable<outcome<void>> check(observe::context ctx, admin_ports& p, std::vector<plan>& plans) {
    std::vector<domain::input_problem> problems;
    for (plan& each : plans) {
        fleet::order ask;
        ask.what = fleet::action::check_settings;
        ask.instance = fleet::every_instance;
        ask.values = each.values;
        auto whom = each.instances;
        const auto said = co_await p.fleet.tell(std::move(ask), std::move(whom));
        if (!said) co_return fleet_away(ctx, said.error());
        if (said->answers.empty()) {
            co_return reject(
                "conflict",
                "no instance of " + each.service + " is there to say whether this may be"
            );
        }
        collect(each.service, said->answers, problems);
        each.changes = said->answers.front().changes;
    }
    if (problems.empty()) co_return outcome<void>();
    rejection no = reject("invalid_field", "nothing was changed");
    no.problems = std::move(problems);
    co_return no;
}

std::vector<audit_entry> audit_of(
    const observe::context& ctx,
    const settings_patch& patch,
    const std::vector<plan>& plans,
    wall_time now
) {
    std::vector<audit_entry> audit;
    for (const auto& row : patch.rows) {
        audit_entry e;
        e.at = now;
        e.actor = patch.administrator;
        e.action = row.value ? "set" : "unset";
        e.target = row.service;
        e.setting = row.name;
        e.outcome = "unchanged";
        e.correlation_id = correlation_of(ctx);
        const auto of = std::ranges::find(plans, row.service, &plan::service);
        for (const auto& c : of->changes) {
            if (c.name != row.name) continue;
            e.from = c.from;
            e.to = c.to;
            e.outcome = "applied";
        }
        audit.push_back(std::move(e));
    }
    return audit;
}

void log(const observe::context& ctx, const std::vector<audit_entry>& audit) {
    for (const auto& e : audit) {
        observe::info(
            ctx,
            "admin_action",
            {{"actor", e.actor},
             {"action", e.action},
             {"target", e.target},
             {"setting", e.setting.value_or("")},
             {"from", e.from.value_or("")},
             {"to", e.to.value_or("")},
             {"outcome", e.outcome}}
        );
    }
}

awaitable<std::vector<instance_outcome>>
tell_all(observe::context ctx, admin_ports& p, std::vector<plan> plans) {
    std::vector<instance_outcome> all;
    for (plan& each : plans) {
        fleet::order order;
        order.what = fleet::action::apply_settings;
        order.instance = fleet::every_instance;
        order.by = ctx.user_id;
        order.correlation_id = ctx.correlation_id;
        const auto said = co_await p.fleet.tell(std::move(order), std::move(each.instances));
        if (!said) continue;  // they find it themselves with their next announcement
        for (const auto& a : said->answers)
            all.push_back({{a.service, a.instance}, a.is_applied, a.reason});
        for (const auto& ref : said->silent)
            all.push_back({ref, false, "did not answer; it finds the values when it is back"});
    }
    co_return all;
}

}  // namespace

awaitable<outcome<settings_changed>>
change_settings(observe::context ctx, admin_ports& p, settings_patch patch) {
    if (auto unknown = unknown_services(patch); !unknown.empty()) {
        rejection no = reject("invalid_field", "nothing was changed");
        no.problems = std::move(unknown);
        co_return no;
    }
    const auto present = co_await p.store.overrides();
    if (!present) co_return storage_away(ctx, present.error());
    const auto live = co_await p.fleet.live();
    if (!live) co_return fleet_away(ctx, live.error());
    auto plans = plans_of(patch, *present, *live);
    const auto checked = co_await check(ctx, p, plans);
    if (!checked) co_return checked.error();

    auto audit = audit_of(ctx, patch, plans, p.time.now());
    log(ctx, audit);
    const auto stored = co_await p.store.change(std::move(patch.rows), std::move(audit));
    if (!stored) co_return storage_away(ctx, stored.error());
    // From here on it is a fact; who does not hear of it now finds it later.
    const auto shown = co_await show_settings(p);
    if (!shown) observe::warn(ctx, "settings_not_shown", {{"error", shown.error()}});
    settings_changed out;
    for (const plan& each : plans) {
        for (const auto& c : each.changes)
            out.changes.push_back({each.service, c});
    }
    out.instances = co_await tell_all(ctx, p, std::move(plans));
    co_return out;
}

awaitable<result<void>> show_settings(admin_ports& p) {
    const auto all = co_await p.store.overrides();
    if (!all) co_return all.error();
    for (const std::string_view service : service_names) {
        const auto found = all->find(std::string(service));
        auto values = found == all->end() ? runtime::setting_overrides() : found->second;
        const auto shown = co_await p.fleet.show_settings(std::string(service), std::move(values));
        if (!shown) co_return shown.error();
    }
    co_return result<void>();
}

}  // namespace sluice::submission
