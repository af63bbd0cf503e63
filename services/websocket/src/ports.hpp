// What sessions need from outside; adapters/ implements it over Redis.
#pragma once

#include "session_machine.hpp"

#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::websocket {

// Which sessions are where, for whoever routes events.
class session_registry {
public:
    virtual ~session_registry() = default;
    using user_sessions = std::vector<std::pair<sluice::user_id, std::vector<std::string>>>;

    // Registers the session and says how the user's stream looked just before: what is stored
    // later either comes live or is read from there.
    virtual awaitable<result<stream_facts>> add(sluice::user_id user, std::string session) = 0;
    virtual awaitable<void> remove(sluice::user_id user, std::string session) = 0;
    // Refreshes all sessions of this node; names the users of whom one was not registered.
    virtual awaitable<result<std::vector<sluice::user_id>>> refresh(user_sessions all) = 0;
};

class event_source {
public:
    virtual ~event_source() = default;
    // At most `count` stored events with ids above `after`, in order.
    virtual awaitable<result<std::vector<stored_event>>>
    read(sluice::user_id user, stream_id after, std::int64_t count) = 0;
};

class ticket_office {
public:
    virtual ~ticket_office() = default;
    // The ticket's user, once; nullopt when there is no such ticket (any more).
    virtual awaitable<result<std::optional<sluice::user_id>>> redeem(std::string ticket) = 0;
    virtual bool is_open() const = 0;
};

}  // namespace sluice::websocket
