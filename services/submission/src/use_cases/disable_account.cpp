// See disable_account.hpp. The tokens stay in PostgreSQL, where the user's row says that none is
// good; only Redis is told that they are revoked, and told to forget it when he comes back.
#include "disable_account.hpp"

#include "order_instances.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

awaitable<void>
tell_revoked(observe::context ctx, account_ports& p, std::vector<std::string> tokens) {
    const auto told = co_await p.shared.revoked(tokens);
    // What Redis was not told stays on the list, for the keeper to try again.
    if (!told) co_return;
    const auto done = co_await p.tokens.forget_revocations(std::move(tokens));
    if (!done) observe::warn(ctx, "revocations_not_cleared", {{"error", done.error()}});
}

audit_entry entry_of(const observe::context& ctx, const standing_command& c, const user_id& user) {
    audit_entry e;
    e.actor = c.administrator;
    e.action = c.is_disabled ? "disable" : "enable";
    e.target = "user/" + user;
    e.outcome = "applied";
    e.correlation_id = correlation_of(ctx);
    observe::info(
        ctx,
        "admin_action",
        {{"actor", e.actor}, {"action", e.action}, {"target", e.target}, {"outcome", e.outcome}}
    );
    return e;
}

}  // namespace

rejection unknown_account() {
    return reject("not_found", "there is no such account");
}

awaitable<outcome<account_standing>>
read_standing(observe::context ctx, account_ports& p, std::string user) {
    // Ids first: nobody can hide another by taking its id for a name.
    auto found = co_await p.accounts.find_by_id(user);
    if (found && !*found) found = co_await p.accounts.find(std::move(user));
    if (!found) co_return accounts_unavailable(ctx, "account_not_read", found.error());
    if (!*found) co_return unknown_account();
    account_standing out;
    out.who = std::move((*found)->who);
    out.disabled_at = (*found)->disabled_at;
    co_return out;
}

awaitable<outcome<account_standing>>
change_standing(observe::context ctx, account_ports& p, standing_command c) {
    auto standing = co_await read_standing(ctx, p, c.user);
    if (!standing || standing->disabled_at.has_value() == c.is_disabled) co_return standing;
    const user_id user = standing->who.id;
    if (user == c.administrator) co_return reject("conflict", "you cannot disable yourself");
    const wall_time now = p.time.now();
    standing->disabled_at.reset();
    if (c.is_disabled) standing->disabled_at = now;
    audit_entry audit = entry_of(ctx, c, user);
    audit.at = now;
    auto tokens = co_await p.accounts.set_disabled(user, standing->disabled_at, std::move(audit));
    if (!tokens) co_return accounts_unavailable(ctx, "account_not_changed", tokens.error());
    p.memory.forget(*tokens);
    if (c.is_disabled) {
        co_await tell_revoked(ctx, p, std::move(*tokens));
    } else {
        // Otherwise Redis would refuse them for ten minutes more.
        const auto done = co_await p.shared.forget(std::move(*tokens));
        if (!done) observe::warn(ctx, "tokens_not_forgotten", {{"error", done.error()}});
    }
    co_return standing;
}

}  // namespace sluice::submission
