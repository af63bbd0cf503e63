// Keeps this node's sessions registered. Theory of operation: sessions are refreshed at an
// interval, and at once when the live channel reports a gap. Whoever was not registered any more
// (Redis lost its data, or could not be reached for longer than the sessions' time to live) may
// have missed events and replays; this comes after the refresh, so that nothing falls between the
// two. A gap may have swallowed revocations, too: then the tokens of all sessions are looked at.
#pragma once

#include "hub.hpp"
#include "ports.hpp"
#include "probe.hpp"

#include "sluice/runtime/event.hpp"

#include <chrono>

namespace sluice::websocket {

class heartbeat {
public:
    heartbeat(
        asio::any_io_executor executor,
        hub& members,
        session_registry& registry,
        probe& metrics,
        std::chrono::milliseconds interval
    )
        : members_(members)
        , registry_(registry)
        , metrics_(metrics)
        , interval_(interval)
        , woken_(std::move(executor)) {}

    awaitable<void> run();  // until stop()
    void stop();
    // Live events may have been missed: refresh now, then every session replays.
    void on_gap();

private:
    hub& members_;
    session_registry& registry_;
    probe& metrics_;
    std::chrono::milliseconds interval_;
    runtime::event woken_;
    bool is_stopped_ = false;
    bool has_gap_ = false;
};

}  // namespace sluice::websocket
