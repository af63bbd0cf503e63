// Ends connections whose token has expired. Theory of operation: the hub knows of each token when
// it ends, as Redis said when its first session registered; this sleeps until the soonest of them
// (one timer for all), and then asks Redis again, because a session that was used meanwhile was
// prolonged. While Redis cannot be asked, nobody is closed: nothing is pushed or steered then,
// either.
#pragma once

#include "hub.hpp"
#include "ports.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/runtime/event.hpp"

#include <chrono>

namespace sluice::websocket {

class token_watch {
public:
    // Each look goes through all tokens, so those of a moment are looked at together.
    static constexpr std::chrono::milliseconds shortest_pause{250};

    token_watch(
        asio::any_io_executor executor,
        hub& members,
        session_registry& registry,
        const clock& time
    );
    awaitable<void> run();  // until stop()
    void stop();

    // Ends or prolongs those whose time has come.
    awaitable<void> look();

private:
    std::chrono::milliseconds pause() const;

    hub& members_;
    session_registry& registry_;
    const clock& time_;
    runtime::event woken_;
    bool is_stopped_ = false;
};

}  // namespace sluice::websocket
