// What is done about tokens now and then: their last use is written down, revocations that Redis
// was not told are told, and what has expired is removed.
#pragma once

#include "issued_tokens.hpp"

#include "sluice/runtime/event.hpp"

namespace sluice::submission {

inline constexpr std::chrono::seconds token_keeping_interval{30};
inline constexpr std::chrono::seconds revocation_interval{2};

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
};

}  // namespace sluice::submission
