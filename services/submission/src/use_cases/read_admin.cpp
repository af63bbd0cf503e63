// See read_admin.hpp. Everybody is asked: what an instance announced may be ten seconds old.
#include "read_admin.hpp"

#include "order_instances.hpp"
#include "read_submission.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

std::vector<instance_ref> refs_of(const std::vector<live_instance>& live) {
    std::vector<instance_ref> refs;
    for (const auto& each : live)
        refs.push_back(each.ref);
    return refs;
}

fleet::order question(fleet::action what) {
    fleet::order o;
    o.what = what;
    o.instance = fleet::every_instance;
    return o;
}

}  // namespace

awaitable<outcome<std::vector<instance_view>>>
read_instances(observe::context ctx, admin_ports& p) {
    const auto live = co_await p.fleet.live();
    if (!live) co_return fleet_away(ctx, live.error());
    auto refs = refs_of(*live);
    auto ask = question(fleet::action::report);
    const auto said = co_await p.fleet.tell(std::move(ask), std::move(refs));
    if (!said) co_return fleet_away(ctx, said.error());
    std::vector<instance_view> all;
    for (const auto& each : *live) {
        const auto answer = std::ranges::find_if(said->answers, [&each](const fleet::answer& a) {
            return a.service == each.ref.service && a.instance == each.ref.id;
        });
        const bool is_current = answer != said->answers.end();
        all.push_back({each.ref, is_current ? answer->body : each.report, is_current});
    }
    co_return all;
}

awaitable<outcome<std::vector<service_settings>>>
read_settings(observe::context ctx, admin_ports& p) {
    const auto live = co_await p.fleet.live();
    if (!live) co_return fleet_away(ctx, live.error());
    auto refs = refs_of(*live);
    auto ask = question(fleet::action::list_settings);
    const auto said = co_await p.fleet.tell(std::move(ask), std::move(refs));
    if (!said) co_return fleet_away(ctx, said.error());
    std::vector<service_settings> all;
    for (const std::string_view service : service_names) {
        const auto first = std::ranges::find(said->answers, service, &fleet::answer::service);
        if (first != said->answers.end()) all.push_back({std::string(service), first->body});
    }
    co_return all;
}

awaitable<outcome<std::vector<audit_entry>>> read_audit(
    observe::context ctx,
    admin_ports& p,
    std::optional<std::int64_t> before,
    std::int64_t limit
) {
    auto found = co_await p.store.read_audit(before, limit);
    if (!found) co_return storage_away(ctx, found.error());
    co_return std::move(*found);
}

}  // namespace sluice::submission
