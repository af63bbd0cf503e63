// See change_quotas.hpp.
#include "change_quotas.hpp"

#include "order_instances.hpp"
#include "read_submission.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

std::optional<std::string> value_of(const quota_overrides& all, quota what) {
    const auto found = all.find(what);
    if (found == all.end()) return std::nullopt;
    return std::to_string(found->second);
}

}  // namespace

awaitable<outcome<user_quotas>>
read_quotas(observe::context ctx, quota_desk& desk, quota_subject who) {
    user_quotas out;
    out.user = who.user;
    out.defaults = desk.settings().user;
    auto overrides = co_await desk.overrides(who.user);
    if (!overrides) co_return storage_away(ctx, overrides.error());
    out.overrides = std::move(*overrides);
    auto states = co_await desk.states(std::move(who));
    if (!states) co_return storage_away(ctx, states.error());
    out.states = std::move(*states);
    co_return out;
}

awaitable<outcome<user_quotas>> change_quotas(
    observe::context ctx,
    quota_desk& desk,
    const clock& time,
    user_id administrator,
    user_id user,
    quota_overrides values
) {
    const auto before = co_await desk.overrides(user);
    if (!before) co_return storage_away(ctx, before.error());
    std::vector<audit_entry> audit;
    for (const quota what : all_quotas) {
        audit_entry e;
        e.from = value_of(*before, what);
        e.to = value_of(values, what);
        if (e.from == e.to) continue;
        e.at = time.now();
        e.actor = administrator;
        e.action = e.to ? "set" : "unset";
        e.target = "user/" + user;
        e.setting = "quotas." + std::string(name_of(what));
        e.outcome = "applied";
        e.correlation_id = correlation_of(ctx);
        observe::info(
            ctx,
            "admin_action",
            {{"actor", e.actor},
             {"action", e.action},
             {"target", e.target},
             {"setting", *e.setting},
             {"from", e.from.value_or("")},
             {"to", e.to.value_or("")},
             {"outcome", e.outcome}}
        );
        audit.push_back(std::move(e));
    }
    if (!audit.empty()) {
        const auto done = co_await desk.store().replace(user, std::move(values), std::move(audit));
        if (!done) co_return storage_away(ctx, done.error());
        desk.forget(user);
    }
    quota_subject who{std::move(user)};
    co_return co_await read_quotas(std::move(ctx), desk, std::move(who));
}

}  // namespace sluice::submission
