// See order_instances.hpp. The audit's row comes after the answer, because it holds the outcome;
// the log line comes before it, so that an order is never without a trace.
#include "order_instances.hpp"

#include "sluice/observe/log.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

std::vector<instance_ref> meant(const std::vector<live_instance>& live, const instance_order& o) {
    std::vector<instance_ref> refs;
    for (const auto& each : live) {
        const bool is_meant =
            o.instance.empty() ? each.ref.service == o.service : each.ref.id == o.instance;
        if (is_meant) refs.push_back(each.ref);
    }
    return refs;
}

std::vector<instance_outcome> outcomes_of(const told& t) {
    std::vector<instance_outcome> all;
    for (const auto& a : t.answers)
        all.push_back({{a.service, a.instance}, a.is_applied, a.reason});
    for (const auto& ref : t.silent)
        all.push_back({ref, false, "did not answer; it takes the order when it is back"});
    return all;
}

awaitable<void> note(
    observe::context ctx,
    admin_ports& p,
    instance_order o,
    std::vector<instance_outcome> outcomes
) {
    std::vector<audit_entry> audit;
    for (const auto& each : outcomes) {
        audit_entry e;
        e.at = p.time.now();
        e.actor = o.administrator;
        e.action = fleet::to_string(o.what);
        e.target = target_of(each.ref);
        e.outcome = each.is_applied ? "applied" : "refused: " + each.reason;
        e.correlation_id = correlation_of(ctx);
        observe::info(
            ctx,
            "admin_action",
            {{"actor", e.actor}, {"action", e.action}, {"target", e.target}, {"outcome", e.outcome}}
        );
        audit.push_back(std::move(e));
    }
    const auto noted = co_await p.store.note(std::move(audit));
    if (!noted) observe::error(ctx, "audit_not_stored", {{"error", noted.error()}});
}

}  // namespace

rejection fleet_away(const observe::context& ctx, const error& why) {
    constexpr int retry_after_seconds = 2;
    observe::warn(ctx, "fleet_away", {{"error", why}});
    return reject(
        "storage_unavailable",
        "the instances cannot be asked just now: Redis is away",
        retry_after_seconds
    );
}

std::optional<sluice::correlation_id> correlation_of(const observe::context& ctx) {
    return sluice::correlation_id::parse(ctx.correlation_id);
}

std::string target_of(const instance_ref& ref) {
    return ref.service + "/" + ref.id;
}

awaitable<outcome<std::vector<instance_outcome>>>
order_instances(observe::context ctx, admin_ports& p, instance_order o) {
    const auto live = co_await p.fleet.live();
    if (!live) co_return fleet_away(ctx, live.error());
    auto whom = meant(*live, o);
    if (whom.empty()) co_return reject("not_found", "no such instance lives");
    fleet::order order;
    order.what = o.what;
    order.instance = o.instance.empty() ? std::string(fleet::every_instance) : o.instance;
    order.by = o.administrator;
    order.correlation_id = ctx.correlation_id;
    const auto said = co_await p.fleet.tell(std::move(order), std::move(whom));
    if (!said) co_return fleet_away(ctx, said.error());
    auto outcomes = outcomes_of(*said);
    co_await note(ctx, p, std::move(o), outcomes);
    const bool is_any = std::ranges::any_of(outcomes, &instance_outcome::is_applied);
    if (!is_any) {
        co_return reject("conflict", outcomes.front().ref.id + ": " + outcomes.front().reason);
    }
    co_return outcomes;
}

}  // namespace sluice::submission
