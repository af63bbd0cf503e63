// In-memory accounts, tokens and hashes. A hash of "x" is "hash:x", so that tests can see what was
// compared with what.
#pragma once

#include "accounts/attempt_counts.hpp"
#include "accounts/issued_tokens.hpp"
#include "accounts/names.hpp"
#include "accounts/ports.hpp"

#include "sluice/testing/manual_clock.hpp"
#include "sluice/testing/run_coro.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sluice::submission::testing {

class fake_accounts final : public account_store {
public:
    awaitable<result<std::optional<std::int64_t>>> insert(account who, std::string hash) override {
        if (is_away) co_return fail(errc::unavailable);
        std::optional<std::int64_t> number;
        for (const auto& [id, one] : rows) {
            const bool has_name = !who.name.empty() && folded(one.who.name) == folded(who.name);
            const bool has_email = !who.email.empty() && folded(one.who.email) == folded(who.email);
            if (has_name || has_email) co_return number;
        }
        number = static_cast<std::int64_t>(rows.size()) + 1;
        stored_account row;
        row.who = who;
        row.password_hash = std::move(hash);
        rows[who.id] = std::move(row);
        co_return number;
    }
    awaitable<result<std::optional<stored_account>>> find(std::string login) override {
        if (is_away) co_return fail(errc::unavailable);
        std::optional<stored_account> out;
        for (const auto& [id, one] : rows) {
            const bool is_it =
                folded(one.who.name) == folded(login) || folded(one.who.email) == folded(login);
            if (is_it) out = one;
        }
        co_return out;
    }
    awaitable<result<std::optional<stored_account>>> find_by_id(user_id id) override {
        if (is_away) co_return fail(errc::unavailable);
        std::optional<stored_account> out;
        if (rows.contains(id)) out = rows[id];
        co_return out;
    }
    awaitable<result<void>> set_password(user_id id, std::string hash, wall_time) override {
        rows[id].password_hash = std::move(hash);
        co_return result<void>();
    }
    awaitable<result<bool>> has_admin() override {
        co_return std::any_of(rows.begin(), rows.end(), [](const auto& one) {
            return one.second.who.role == role::admin;
        });
    }
    awaitable<result<std::vector<std::string>>>
    set_disabled(user_id id, std::optional<wall_time> at, audit_entry entry) override {
        if (is_away) co_return fail(errc::unavailable);
        rows[id].disabled_at = at;
        audit.push_back(std::move(entry));
        co_return tokens_of ? tokens_of(id) : std::vector<std::string>();
    }
    bool is_away = false;
    std::map<user_id, stored_account> rows;
    std::vector<audit_entry> audit;
    std::function<std::vector<std::string>(const user_id&)> tokens_of;
};

class fake_token_store final : public token_store {
public:
    explicit fake_token_store(fake_accounts& accounts) : accounts_(accounts) {}

    awaitable<result<bool>> insert(new_token token) override {
        if (is_away) co_return fail(errc::unavailable);
        for (const auto& [digest, one] : rows) {
            const bool is_same = one.facts.owner == token.facts.owner && one.name == token.name;
            if (is_same && token.facts.kind == token_kind::key && one.facts.kind == token_kind::key)
                co_return false;
        }
        std::string digest = token.sha256;
        rows[std::move(digest)] = std::move(token);
        co_return true;
    }
    awaitable<result<std::optional<token_facts>>> find(std::string sha256, wall_time now, wall_time)
        override {
        ++lookups;
        if (is_away) co_return fail(errc::unavailable);
        std::optional<token_facts> out;
        const auto found = rows.find(sha256);
        if (found == rows.end()) co_return out;
        const token_facts& facts = found->second.facts;
        if (facts.expires_at && *facts.expires_at <= now) co_return out;
        if (accounts_.rows[facts.owner].disabled_at) co_return out;
        out = facts;
        out->role = accounts_.rows[facts.owner].who.role;
        co_return out;
    }
    awaitable<result<std::vector<listed_token>>>
    list(user_id owner, token_kind kind, wall_time, wall_time) override {
        std::vector<listed_token> out;
        for (const auto& [digest, one] : rows) {
            if (one.facts.owner != owner || one.facts.kind != kind) continue;
            listed_token t;
            t.id = one.facts.id;
            t.name = one.name;
            t.scopes = one.facts.scopes;
            out.push_back(std::move(t));
        }
        co_return out;
    }
    awaitable<result<std::vector<std::string>>> revoke(token_choice which, wall_time) override {
        if (is_away) co_return fail(errc::unavailable);
        std::vector<std::pair<uuid, std::string>> mine;
        for (const auto& [digest, one] : rows) {
            const token_facts& f = one.facts;
            if (f.owner == which.owner && f.kind == which.kind) mine.emplace_back(f.id, digest);
        }
        std::sort(mine.begin(), mine.end());
        std::reverse(mine.begin(), mine.end());  // newest first: UUIDv7
        if (which.but_newest) {
            const auto keep = std::min(mine.size(), static_cast<std::size_t>(*which.but_newest));
            mine.erase(mine.begin(), mine.begin() + static_cast<std::ptrdiff_t>(keep));
        }
        std::vector<std::string> gone;
        for (const auto& [id, digest] : mine) {
            if ((which.only && id != *which.only) || (which.but && id == *which.but)) continue;
            gone.push_back(digest);
            rows.erase(digest);
            left.insert(digest);
        }
        co_return gone;
    }
    awaitable<result<std::vector<std::string>>> revocations_left(std::size_t) override {
        co_return std::vector<std::string>(left.begin(), left.end());
    }
    awaitable<result<void>> forget_revocations(std::vector<std::string> sha256s) override {
        for (const auto& one : sha256s)
            left.erase(one);
        co_return result<void>();
    }
    awaitable<result<void>> used(std::vector<token_use> uses) override {
        for (const auto& one : uses)
            last_uses[one.id] = one.at;
        co_return result<void>();
    }
    awaitable<result<std::int64_t>> remove_expired(wall_time, wall_time) override {
        co_return std::int64_t{0};
    }

    bool is_away = false;
    int lookups = 0;
    std::map<std::string, new_token> rows;
    std::set<std::string> left;
    std::map<uuid, wall_time> last_uses;

private:
    fake_accounts& accounts_;
};

class fake_shared_tokens final : public shared_tokens {
public:
    awaitable<result<shared_answer>> find(std::string sha256) override {
        ++lookups;
        if (is_away) co_return fail(errc::unavailable);
        if (on_find) on_find();
        shared_answer out;
        if (entries.contains(sha256)) out = entries[sha256];
        co_return out;
    }
    awaitable<result<void>> put(std::string sha256, token_facts facts, std::chrono::milliseconds)
        override {
        if (is_away) co_return fail(errc::unavailable);
        shared_answer entry;
        entry.what = shared_answer::kind::known;
        entry.facts = std::move(facts);
        entries.try_emplace(std::move(sha256), std::move(entry));
        co_return result<void>();
    }
    awaitable<result<void>> revoked(std::vector<std::string> sha256s) override {
        if (is_away) co_return fail(errc::unavailable);
        for (const auto& one : sha256s)
            entries[one].what = shared_answer::kind::revoked;
        co_return result<void>();
    }
    awaitable<result<void>> forget(std::vector<std::string> sha256s) override {
        for (const auto& one : sha256s)
            entries.erase(one);
        co_return result<void>();
    }
    awaitable<result<void>> used(std::vector<std::string>, std::chrono::milliseconds) override {
        co_return result<void>();
    }
    bool is_away = false;
    int lookups = 0;
    std::function<void()> on_find;
    std::map<std::string, shared_answer> entries;
};

class fake_hasher final : public password_hasher {
public:
    bool is_full() const override { return is_busy; }
    awaitable<result<std::string>> hash(std::string password) override {
        if (is_busy || fills_up) co_return fail(errc::overloaded);
        co_return "hash:" + password;
    }
    awaitable<result<bool>> verify(std::string hash, std::string password) override {
        if (is_busy || fills_up) co_return fail(errc::overloaded);
        checked_against.push_back(hash);
        co_return hash == "hash:" + password || hash == "old:" + password;
    }
    bool is_outdated(const std::string& hash) const override { return hash.starts_with("old:"); }
    const std::string& hash_of_nobody() const override { return nobody_; }

    bool is_busy = false;
    bool fills_up = false;  // after it was asked
    std::vector<std::string> checked_against;

private:
    std::string nobody_ = "nobody";
};

class fake_attempts final : public attempt_limiter {
public:
    explicit fake_attempts(const clock& time)
        : time_(time), counts_({3, 20, std::chrono::minutes(5)}) {}
    awaitable<attempt_verdict> attempt(std::string login, std::string address) override {
        co_return counts_.attempt(login, address, time_.steady());
    }
    awaitable<void> succeeded(std::string login, std::string address) override {
        counts_.succeeded(login, address);
        co_return;
    }

private:
    const clock& time_;
    attempt_counts counts_;
};

// Everything together, and short names for what the tests do with it.
struct account_world {
    asio::io_context io;
    sluice::testing::manual_clock time;
    fake_accounts accounts;
    fake_token_store tokens{accounts};
    fake_shared_tokens shared;
    fake_hasher hasher;
    fake_attempts attempts{time};
    account_rules rules;
    issued_tokens issued{tokens, shared, time, rules};
    account_ports p{accounts, tokens, shared, issued, hasher, attempts, time, rules};

    template <class Make>
    auto run(Make make) {
        return sluice::testing::run_coro(io, make);
    }
    std::optional<identity> who_is(const std::string& token) {
        auto found = run([&] { return issued.of_token(token); });
        if (!found) throw std::runtime_error(describe(found.error()));
        return *found;
    }
};

}  // namespace sluice::submission::testing
