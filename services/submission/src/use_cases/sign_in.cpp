// See sign_in.hpp. An attempt is counted before anything is computed, so that guessing costs the
// guesser more than us.
#include "sign_in.hpp"

#include "../accounts/names.hpp"

#include "sluice/observe/log.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

constexpr int retry_after_seconds = 2;
constexpr std::size_t max_client_name = 200;

// Printable ASCII of a header that anybody may fill with anything.
std::string shortened(std::string text) {
    std::erase_if(text, [](char c) { return c < 0x20 || c > 0x7e; });
    if (text.size() > max_client_name) text.resize(max_client_name);
    return text;
}

// The costs were raised since this password was stored.
awaitable<void>
renew_hash(observe::context ctx, account_ports& p, user_id id, std::string password) {
    auto made = co_await p.hasher.hash(std::move(password));
    if (!made) co_return;
    const auto stored = co_await p.accounts.set_password(id, std::move(*made), p.time.now());
    if (!stored) observe::warn(ctx, "password_not_renewed", {{"error", stored.error()}});
}

bool can_be_right(const sign_in_command& c) {
    const bool is_login_fine = !c.login.empty() && c.login.size() <= max_email_length &&
                               c.login.find('\0') == std::string::npos;
    return is_login_fine && !password_problem(c.password, "", "", false);
}

}  // namespace

rejection too_many_hashes() {
    return reject("overloaded", "too many passwords are being checked", retry_after_seconds);
}

rejection accounts_unavailable(const observe::context& ctx, const char* event, const error& e) {
    if (e == errc::overloaded) {
        return too_many_hashes();
    }
    observe::warn(ctx, event, {{"error", e}});
    return reject("storage_unavailable", "accounts cannot be read just now", retry_after_seconds);
}

rejection too_many_attempts(const attempt_verdict& verdict) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(verdict.retry_after).count();
    return reject(
        "too_many_requests",
        "too many attempts for this account or from this address",
        static_cast<int>(std::max<std::int64_t>(seconds, 1))
    );
}

rejection wrong_credentials() {
    return reject("wrong_credentials", "there is no account with this name and this password");
}

awaitable<outcome<std::size_t>>
revoke_tokens(observe::context ctx, account_ports& p, token_choice which) {
    auto gone = co_await p.tokens.revoke(std::move(which), p.time.now());
    if (!gone) co_return accounts_unavailable(ctx, "tokens_not_revoked", gone.error());
    if (gone->empty()) co_return std::size_t{0};
    p.memory.forget(*gone);
    const auto told = co_await p.shared.revoked(*gone);
    // What Redis was not told stays on the list, for the keeper to try again.
    const std::size_t count = gone->size();
    if (told) {
        const auto done = co_await p.tokens.forget_revocations(std::move(*gone));
        if (!done) observe::warn(ctx, "revocations_not_cleared", {{"error", done.error()}});
    }
    co_return count;
}

awaitable<outcome<signed_in>> open_session(
    observe::context ctx,
    account_ports& p,
    account who,
    std::string client_address,
    std::string client_name
) {
    const wall_time now = p.time.now();
    signed_in out;
    out.token = make_token(token_kind::session);
    out.session = uuid::time_v7(unix_ms(now));
    out.expires_at = now + p.rules.session_lifetime;
    new_token row;
    row.facts.id = out.session;
    row.facts.owner = who.id;
    row.facts.role = who.role;
    row.facts.expires_at = out.expires_at;
    row.sha256 = digest_of_token(out.token);
    row.name = shortened(std::move(client_name));
    row.client_address = std::move(client_address);
    row.created_at = now;
    token_facts facts = row.facts;
    std::string digest = row.sha256;
    const auto stored = co_await p.tokens.insert(std::move(row));
    if (!stored) co_return accounts_unavailable(ctx, "session_not_stored", stored.error());
    if (!*stored) co_return wrong_credentials();  // disabled a moment ago
    // So that the WebSocket service knows it at once. Without Redis there is no WebSocket either.
    const auto lives = std::min(p.rules.session_lifetime, p.rules.session_idle);
    static_cast<void>(co_await p.shared.put(std::move(digest), std::move(facts), lives));
    token_choice surplus;
    surplus.owner = who.id;
    surplus.but_newest = p.rules.max_sessions;
    static_cast<void>(co_await revoke_tokens(ctx, p, std::move(surplus)));
    out.who = std::move(who);
    co_return out;
}

awaitable<outcome<signed_in>> sign_in(observe::context ctx, account_ports& p, sign_in_command c) {
    if (p.hasher.is_full()) co_return too_many_hashes();
    const auto verdict = co_await p.attempts.attempt(folded(c.login), c.client_address);
    if (!verdict.is_allowed) co_return too_many_attempts(verdict);
    const bool is_possible = can_be_right(c);
    std::optional<stored_account> found;
    if (is_possible) {
        auto read = co_await p.accounts.find(c.login);
        if (!read) co_return accounts_unavailable(ctx, "account_not_read", read.error());
        found = std::move(*read);
    }
    const bool is_there = found && !found->disabled_at;
    std::string hash = is_there ? found->password_hash : p.hasher.hash_of_nobody();
    const auto is_right = co_await p.hasher.verify(std::move(hash), c.password);
    if (!is_right) co_return accounts_unavailable(ctx, "password_not_checked", is_right.error());
    if (!is_there || !*is_right) {
        observe::info(ctx, "sign_in_refused", {{"address", c.client_address}});
        co_return wrong_credentials();
    }
    co_await p.attempts.succeeded(folded(c.login), c.client_address);
    if (p.hasher.is_outdated(found->password_hash)) {
        co_await renew_hash(ctx, p, found->who.id, std::move(c.password));
    }
    co_return co_await open_session(
        ctx,
        p,
        std::move(found->who),
        std::move(c.client_address),
        std::move(c.client_name)
    );
}

}  // namespace sluice::submission
