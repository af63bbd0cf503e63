// See issued_tokens.hpp.
#include "issued_tokens.hpp"

namespace sluice::submission {

awaitable<result<std::optional<identity>>> issued_tokens::of_token(std::string token) {
    // Most forgeries end here, without a look-up.
    if (!kind_of_token(token)) co_return std::optional<identity>();
    const std::string sha256 = digest_of_token(token);
    if (const auto known = known_.find(sha256); known != known_.end()) {
        if (time_.steady() < known->second.until) {
            if (!known->second.facts) co_return std::optional<identity>();
            co_return accept(sha256, *known->second.facts);
        }
        known_.erase(known);
    }
    const std::uint64_t before = forgotten_;
    auto found = co_await look_up(sha256);
    if (!found) co_return found.error();
    // A revocation that came meanwhile may have been of this one: then it is asked for again.
    if (before == forgotten_) remember(sha256, *found);
    if (!*found) co_return std::optional<identity>();
    co_return accept(sha256, **found);
}

awaitable<result<std::optional<token_facts>>> issued_tokens::look_up(std::string sha256) {
    std::optional<token_facts> none;
    auto shared = co_await shared_.find(sha256);
    if (shared && shared->what == shared_answer::kind::revoked) co_return none;
    if (shared && shared->what == shared_answer::kind::known) {
        co_return std::optional(std::move(shared->facts));
    }
    const wall_time now = time_.now();
    auto stored = co_await store_.find(sha256, now, now - rules_.session_idle);
    if (!stored || !*stored) co_return stored;
    if (shared) {
        token_facts facts = **stored;
        std::chrono::milliseconds lives = rules_.shared_lifetime;
        if (facts.kind == token_kind::session) lives = rules_.session_idle;
        if (facts.expires_at) lives = std::min(lives, *facts.expires_at - now);
        // If it fails, the next one asks the store again.
        static_cast<void>(co_await shared_.put(std::move(sha256), std::move(facts), lives));
    }
    co_return stored;
}

std::optional<identity> issued_tokens::accept(const std::string& sha256, const token_facts& facts) {
    const wall_time now = time_.now();
    if (facts.expires_at && *facts.expires_at <= now) return std::nullopt;
    if (uses_.size() < token_memory_size || uses_.contains(sha256)) {
        uses_[sha256] = use{facts.id, facts.kind, now};
    }
    identity who;
    who.user = facts.owner;
    who.scopes = facts.scopes;
    // A key of an administrator that was made for less is a user's.
    who.role = facts.scopes.admin ? facts.role : role::user;
    (facts.kind == token_kind::session ? who.session : who.key) = facts.id;
    return who;
}

void issued_tokens::remember(const std::string& sha256, std::optional<token_facts> facts) {
    // Full of tokens that were asked for within two seconds: a flood. It starts anew, which costs a
    // question to Redis for each.
    if (known_.size() >= token_memory_size) known_.clear();
    entry e;
    e.facts = std::move(facts);
    e.until = time_.steady() + token_memory_lifetime;
    known_[sha256] = std::move(e);
}

void issued_tokens::forget(const std::vector<std::string>& sha256s) {
    ++forgotten_;
    for (const std::string& one : sha256s) {
        known_.erase(one);
        uses_.erase(one);
    }
}

std::unordered_map<std::string, issued_tokens::use> issued_tokens::take_uses() {
    return std::exchange(uses_, {});
}

}  // namespace sluice::submission
