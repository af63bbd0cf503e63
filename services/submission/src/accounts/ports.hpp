// What the use cases around accounts need from the world. As in ../ports.hpp: adapters implement
// these against real servers, unit tests with fakes; errc::unavailable says that a server is away.
#pragma once

#include "../admin_ports.hpp"
#include "../identity.hpp"
#include "tokens.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/observe/metrics.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sluice::submission {

struct account {
    user_id id;
    std::int64_t number = 0;  // given by the store
    std::string name;         // empty: has an address only
    std::string email;        // empty: has a name only
    submission::role role = role::user;
    wall_time created_at;
};

struct stored_account {
    account who;
    std::string password_hash;
    std::optional<wall_time> disabled_at;  // set: he is not let in
};

class account_store {
public:
    virtual ~account_store() = default;
    // nullopt: another account has this name or address. Otherwise its number.
    virtual awaitable<result<std::optional<std::int64_t>>>
    insert(account who, std::string password_hash) = 0;
    // By name or address, whatever its case.
    virtual awaitable<result<std::optional<stored_account>>> find(std::string login) = 0;
    virtual awaitable<result<std::optional<stored_account>>> find_by_id(user_id id) = 0;
    virtual awaitable<result<void>>
    set_password(user_id id, std::string password_hash, wall_time at) = 0;
    virtual awaitable<result<bool>> has_admin() = 0;
    // Disables the account, or lets it in again (nullopt), together with the audit entry; in the
    // same transaction its tokens are put down as revoked, or no longer. The digests of all of
    // them.
    virtual awaitable<result<std::vector<std::string>>>
    set_disabled(user_id id, std::optional<wall_time> at, audit_entry audit) = 0;
};

struct token_facts {
    uuid id;
    token_kind kind = token_kind::session;
    user_id owner;
    submission::role role = role::user;  // of the owner; not stored with the token
    scope_set scopes;
    std::optional<wall_time> expires_at;
};

struct new_token {
    token_facts facts;
    std::string sha256;
    std::string name;
    std::string client_address;
    wall_time created_at;
};

struct listed_token {
    uuid id;
    std::string name;
    scope_set scopes;
    std::string client_address;
    wall_time created_at;
    std::optional<wall_time> expires_at;
    std::optional<wall_time> last_used_at;
};

struct token_use {
    uuid id;
    wall_time at;
};

// Which tokens of a user are meant.
struct token_choice {
    user_id owner;
    token_kind kind = token_kind::session;
    std::optional<uuid> only = std::nullopt;
    std::optional<uuid> but = std::nullopt;
    std::optional<std::int64_t> but_newest = std::nullopt;
};

// The truth about tokens.
class token_store {
public:
    virtual ~token_store() = default;
    // False: a key of this user has this name already, or he is disabled.
    virtual awaitable<result<bool>> insert(new_token token) = 0;
    // nullopt: unknown, expired, idle for too long, or its user is disabled.
    virtual awaitable<result<std::optional<token_facts>>>
    find(std::string sha256, wall_time now, wall_time idle_since) = 0;
    virtual awaitable<result<std::vector<listed_token>>>
    list(user_id owner, token_kind kind, wall_time now, wall_time idle_since) = 0;
    // Removes them and remembers that they were; the digests of those that were there.
    virtual awaitable<result<std::vector<std::string>>>
    revoke(token_choice which, wall_time at) = 0;
    virtual awaitable<result<std::vector<std::string>>> revocations_left(std::size_t limit) = 0;
    virtual awaitable<result<void>> forget_revocations(std::vector<std::string> sha256s) = 0;
    virtual awaitable<result<void>> used(std::vector<token_use> uses) = 0;
    virtual awaitable<result<std::int64_t>> remove_expired(wall_time now, wall_time idle_since) = 0;
};

// What Redis answers about a token.
struct shared_answer {
    enum class kind { absent, revoked, known };
    kind what = kind::absent;
    token_facts facts = {};
};

// The copy that all processes share, and the only one that the WebSocket service sees.
class shared_tokens {
public:
    virtual ~shared_tokens() = default;
    virtual awaitable<result<shared_answer>> find(std::string sha256) = 0;
    // Never over a revocation. `lives`: until it is asked of the store again.
    virtual awaitable<result<void>>
    put(std::string sha256, token_facts facts, std::chrono::milliseconds lives) = 0;
    // Also tells who holds connections that were opened with them.
    virtual awaitable<result<void>> revoked(std::vector<std::string> sha256s) = 0;
    // Whatever is known of them, revocations too; the store is asked next time.
    virtual awaitable<result<void>> forget(std::vector<std::string> sha256s) = 0;
    // Used again: lives on.
    virtual awaitable<result<void>>
    used(std::vector<std::string> sha256s, std::chrono::milliseconds lives) = 0;
};

class password_hasher {
public:
    virtual ~password_hasher() = default;
    // One more would be refused. Asked first: who is turned away for this has made no attempt.
    virtual bool is_full() const = 0;
    // errc::overloaded: too many are waiting already.
    virtual awaitable<result<std::string>> hash(std::string password) = 0;
    virtual awaitable<result<bool>> verify(std::string hash, std::string password) = 0;
    // True when the hash was made with other costs than ours.
    virtual bool is_outdated(const std::string& hash) const = 0;
    // A hash that no password has, with our costs: what unknown accounts are checked against.
    virtual const std::string& hash_of_nobody() const = 0;
};

struct attempt_verdict {
    bool is_allowed = true;
    std::chrono::milliseconds retry_after{0};
};

class attempt_limiter {
public:
    virtual ~attempt_limiter() = default;
    // Counts one attempt. An empty login counts for the address only. Never fails: without its
    // server it counts by itself.
    virtual awaitable<attempt_verdict> attempt(std::string login, std::string address) = 0;
    // It was the right password: the account's count begins anew.
    virtual awaitable<void> succeeded(std::string login, std::string address) = 0;
};

class submission_owners {
public:
    virtual ~submission_owners() = default;
    virtual awaitable<result<std::optional<user_id>>> owner_of(submission_id id) = 0;
};

struct account_rules {
    bool is_strict = false;    // the strict password policy
    bool may_register = true;  // anybody; otherwise accounts are made by the operator
    std::chrono::milliseconds session_lifetime{std::chrono::hours(24 * 30)};
    std::chrono::milliseconds session_idle{std::chrono::hours(24 * 7)};
    std::chrono::milliseconds shared_lifetime{std::chrono::hours(24 * 7)};  // of keys, in Redis
    std::int64_t max_sessions = 50;  // of one user; the oldest goes
    std::int64_t max_keys = 50;
};

// Told by use cases when tokens are gone, so that this process forgets them at once.
class token_memory {
public:
    virtual ~token_memory() = default;
    virtual void forget(const std::vector<std::string>& sha256s) = 0;
};

struct account_ports {
    account_store& accounts;
    token_store& tokens;
    shared_tokens& shared;
    token_memory& memory;
    password_hasher& hasher;
    attempt_limiter& attempts;
    const clock& time;
    account_rules rules;
};

}  // namespace sluice::submission
