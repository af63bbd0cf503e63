// See manage_account.hpp.
#include "manage_account.hpp"

#include "../accounts/names.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/observe/log.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

constexpr std::size_t max_key_name = 100;

domain::input_problem problem(std::string field, std::string message, std::string allowed = "") {
    domain::input_problem out;
    out.field = std::move(field);
    out.code = "not_allowed";
    out.message = std::move(message);
    out.allowed = std::move(allowed);
    return out;
}

rejection refused(std::vector<domain::input_problem> problems, const char* detail) {
    rejection no = reject("invalid_field", detail);
    no.problems = std::move(problems);
    return no;
}

std::vector<domain::input_problem> problems_of(const register_command& c, bool is_strict) {
    std::vector<domain::input_problem> out;
    if (c.name.empty() && c.email.empty()) {
        domain::input_problem missing = problem("name", "a name or an e-mail address is needed");
        missing.code = "required";
        out.push_back(std::move(missing));
    }
    if (!c.name.empty()) {
        if (auto wrong = name_problem(c.name)) out.push_back(problem("name", std::move(*wrong)));
    }
    if (!c.email.empty()) {
        if (auto wrong = email_problem(c.email)) out.push_back(problem("email", std::move(*wrong)));
    }
    if (auto wrong = password_problem(c.password, c.name, c.email, is_strict)) {
        out.push_back(problem("password", std::move(*wrong)));
    }
    return out;
}

rejection no_account() {
    return reject("forbidden", "this token belongs to no account");
}

bool is_key_name(const std::string& name) {
    return !name.empty() && name.size() <= max_key_name && messages::is_valid_utf8(name) &&
           std::none_of(name.begin(), name.end(), [](char c) {
               return (c >= 0 && c < 0x20) || c == 0x7f;
           });
}

std::vector<domain::input_problem> problems_of(const create_key_command& c, wall_time now) {
    std::vector<domain::input_problem> out;
    if (!is_key_name(c.name)) {
        out.push_back(problem("name", "must be 1 to 100 bytes without control characters"));
    }
    if (!c.scopes.read && !c.scopes.submit && !c.scopes.admin) {
        out.push_back(problem("scopes", "at least one is needed", "read, submit, admin"));
    }
    if (c.scopes.admin && !c.is_admin) {
        out.push_back(problem("scopes", "'admin' is for administrators", "read, submit"));
    }
    if (c.expires_at && *c.expires_at <= now) {
        out.push_back(problem("expires_at", "lies in the past"));
    }
    return out;
}

}  // namespace

awaitable<outcome<account>>
register_account(observe::context ctx, account_ports& p, register_command c) {
    if (!p.rules.may_register) co_return reject("forbidden", "accounts are not made here");
    auto problems = problems_of(c, p.rules.is_strict);
    if (!problems.empty()) {
        co_return refused(std::move(problems), "the account is not acceptable as it is");
    }
    if (p.hasher.is_full()) co_return too_many_hashes();
    const auto verdict = co_await p.attempts.attempt("", c.client_address);
    if (!verdict.is_allowed) co_return too_many_attempts(verdict);
    auto hash = co_await p.hasher.hash(std::move(c.password));
    if (!hash) co_return accounts_unavailable(ctx, "password_not_hashed", hash.error());
    account who;
    who.created_at = p.time.now();
    who.id = uuid::time_v7(unix_ms(who.created_at)).to_string();
    who.name = std::move(c.name);
    who.email = std::move(c.email);
    who.role = c.role;
    const auto number = co_await p.accounts.insert(who, std::move(*hash));
    if (!number) co_return accounts_unavailable(ctx, "account_not_stored", number.error());
    if (!*number) {
        co_return reject("account_exists", "there is an account with this name or address");
    }
    who.number = **number;
    ctx.user_id = who.id;
    observe::info(ctx, "account_made");
    co_return who;
}

awaitable<outcome<std::size_t>>
change_password(observe::context ctx, account_ports& p, change_password_command c) {
    if (p.hasher.is_full()) co_return too_many_hashes();
    // Guesses at the current password count like sign-ins, but by id: they lock nobody out of
    // those.
    const auto verdict = co_await p.attempts.attempt(c.user, c.client_address);
    if (!verdict.is_allowed) co_return too_many_attempts(verdict);
    auto found = co_await p.accounts.find_by_id(c.user);
    if (!found) co_return accounts_unavailable(ctx, "account_not_read", found.error());
    if (!*found) co_return no_account();
    const account& who = (*found)->who;
    if (auto wrong = password_problem(c.new_password, who.name, who.email, p.rules.is_strict)) {
        std::vector<domain::input_problem> problems;
        problems.push_back(problem("new_password", std::move(*wrong)));
        co_return refused(std::move(problems), "the new password is not acceptable");
    }
    if (c.current_password.size() > max_password_length) co_return wrong_credentials();
    const auto is_right =
        co_await p.hasher.verify((*found)->password_hash, std::move(c.current_password));
    if (!is_right) co_return accounts_unavailable(ctx, "password_not_checked", is_right.error());
    if (!*is_right) co_return wrong_credentials();
    auto hash = co_await p.hasher.hash(std::move(c.new_password));
    if (!hash) co_return accounts_unavailable(ctx, "password_not_hashed", hash.error());
    const auto stored = co_await p.accounts.set_password(c.user, std::move(*hash), p.time.now());
    if (!stored) co_return accounts_unavailable(ctx, "password_not_stored", stored.error());
    co_await p.attempts.succeeded(c.user, c.client_address);
    token_choice others;
    others.owner = std::move(c.user);
    others.but = c.session;
    observe::info(ctx, "password_changed");
    co_return co_await revoke_tokens(ctx, p, std::move(others));
}

awaitable<outcome<std::optional<account>>>
read_account(observe::context ctx, account_ports& p, user_id user) {
    auto found = co_await p.accounts.find_by_id(std::move(user));
    if (!found) co_return accounts_unavailable(ctx, "account_not_read", found.error());
    std::optional<account> out;
    if (*found) out = std::move((*found)->who);
    co_return out;
}

awaitable<outcome<std::vector<listed_token>>>
list_tokens(observe::context ctx, account_ports& p, user_id user, token_kind kind) {
    const wall_time now = p.time.now();
    auto found = co_await p.tokens.list(std::move(user), kind, now, now - p.rules.session_idle);
    if (!found) co_return accounts_unavailable(ctx, "tokens_not_read", found.error());
    co_return std::move(*found);
}

awaitable<outcome<void>>
revoke_one(observe::context ctx, account_ports& p, user_id user, token_kind kind, uuid id) {
    token_choice which;
    which.owner = std::move(user);
    which.kind = kind;
    which.only = id;
    const auto gone = co_await revoke_tokens(ctx, p, std::move(which));
    if (!gone) co_return gone.error();
    if (*gone == 0) co_return reject("not_found", "you have nothing with this id");
    co_return boost::system::in_place_value;
}

awaitable<outcome<created_key>>
create_key(observe::context ctx, account_ports& p, create_key_command c) {
    const wall_time now = p.time.now();
    auto problems = problems_of(c, now);
    if (!problems.empty()) co_return refused(std::move(problems), "the key is not acceptable");
    const auto owner = co_await read_account(ctx, p, c.user);
    if (!owner) co_return owner.error();
    if (!*owner) co_return no_account();
    const auto others = co_await list_tokens(ctx, p, c.user, token_kind::key);
    if (!others) co_return others.error();
    if (static_cast<std::int64_t>(others->size()) >= p.rules.max_keys) {
        co_return reject("conflict", "you have as many keys as you may; revoke one first");
    }
    created_key out;
    out.token = make_token(token_kind::key);
    c.scopes.account = false;
    new_token row;
    row.facts.id = uuid::time_v7(unix_ms(now));
    row.facts.kind = token_kind::key;
    row.facts.owner = c.user;
    row.facts.role = (*owner)->role;
    row.facts.scopes = c.scopes;
    row.facts.expires_at = c.expires_at;
    row.sha256 = digest_of_token(out.token);
    row.name = c.name;
    row.created_at = now;
    out.key.id = row.facts.id;
    out.key.name = std::move(c.name);
    out.key.scopes = c.scopes;
    out.key.created_at = now;
    out.key.expires_at = c.expires_at;
    token_facts facts = row.facts;
    std::string digest = row.sha256;
    const auto stored = co_await p.tokens.insert(std::move(row));
    if (!stored) co_return accounts_unavailable(ctx, "key_not_stored", stored.error());
    if (!*stored) co_return reject("conflict", "you have a key of this name already");
    auto lives = p.rules.shared_lifetime;
    if (c.expires_at) lives = std::min(lives, *c.expires_at - now);
    static_cast<void>(co_await p.shared.put(std::move(digest), std::move(facts), lives));
    co_return out;
}

}  // namespace sluice::submission
