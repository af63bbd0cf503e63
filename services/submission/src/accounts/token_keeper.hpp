// What is done about tokens now and then: their last use is written down, revocations that Redis
// was not told are told, and what has expired is removed.
#pragma once

#include "issued_tokens.hpp"

#include "sluice/runtime/event.hpp"

#include <set>

namespace sluice::submission {

inline constexpr std::chrono::seconds revocation_interval{5};
inline constexpr int turns_between_uses = 6;        // half a minute
inline constexpr int turns_between_removals = 120;  // ten minutes: the whole table is looked at

class token_keeper {
public:
    token_keeper(
        asio::any_io_executor executor,
        token_store& store,
        shared_tokens& shared,
        issued_tokens& tokens,
        const clock& time,
        account_rules rules
    );
    awaitable<void> run();  // until stop()
    void stop() { stopped_.set(); }

    // Tokens that no table has: `gone` are told as revoked, `come` no longer (those in both got
    // another user). Kept until Redis has been told.
    void withdraw(std::vector<std::string> gone, const std::vector<std::string>& come);

    awaitable<void> tell_withdrawn();
    awaitable<void> write_uses();
    awaitable<void> tell_revocations();
    awaitable<void> remove_expired();

private:
    token_store& store_;
    shared_tokens& shared_;
    issued_tokens& tokens_;
    const clock& time_;
    account_rules rules_;
    runtime::event stopped_;
    std::set<std::string> gone_;
    std::set<std::string> come_;  // told after gone_
};

}  // namespace sluice::submission
