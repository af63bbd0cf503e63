// What sessions need from outside; adapters/ implements it over Redis.
#pragma once

#include "live_piece.hpp"
#include "session_machine.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::websocket {

// Who connects: the user, and the digest of the token that he showed or made his ticket with.
struct caller {
    sluice::user_id user;
    std::string token_sha256;
};

// What Redis says of a token now. One of the configuration is never there.
struct token_standing {
    bool is_known = false;
    bool is_revoked = false;
    // The sooner of its own end and, of a session, of when it will have been idle for too long: it
    // may be prolonged until then. nullopt: no end that is known of.
    std::optional<wall_time> ends_at;
};

struct registration {
    stream_facts stream;
    token_standing token;  // of the session
};

// Which sessions are where, for whoever routes events.
class session_registry {
public:
    virtual ~session_registry() = default;
    using user_sessions = std::vector<std::pair<sluice::user_id, std::vector<std::string>>>;

    // Registers the session and says how the user's stream looked just before: what is stored
    // later either comes live or is read from there.
    virtual awaitable<result<registration>> add(caller who, std::string session) = 0;
    virtual awaitable<void> remove(sluice::user_id user, std::string session) = 0;
    // Refreshes all sessions of this node; names the users of whom one was not registered.
    virtual awaitable<result<std::vector<sluice::user_id>>> refresh(user_sessions all) = 0;
    // Of each of these tokens, in their order.
    virtual awaitable<result<std::vector<token_standing>>> standings(
        std::vector<std::string> sha256s
    ) = 0;
};

class event_source {
public:
    virtual ~event_source() = default;
    // At most `count` stored events with ids above `after`, in order.
    virtual awaitable<result<std::vector<stored_event>>>
    read(sluice::user_id user, stream_id after, std::int64_t count) = 0;
};

struct submission_facts {
    sluice::user_id owner;
    bool is_finished = false;
};

// Watching and steering submissions. Ids are UUIDs in canonical form.
class live_store {
public:
    virtual ~live_store() = default;
    // nullopt: no event of it has been stored (yet).
    virtual awaitable<result<std::optional<submission_facts>>> facts(std::string id) = 0;
    // False: the submission's control stream is full.
    virtual awaitable<result<bool>> steer(std::string id, domain::control_message m) = 0;
    // Stored output behind (attempt, seq), in order.
    virtual awaitable<result<std::vector<live_piece>>>
    read_output(std::string id, std::int64_t attempt, std::int64_t seq, std::int64_t count) = 0;
    // This session watches the submission, for a time to live; repeated by the heartbeat.
    using watches = std::vector<std::pair<std::string, std::string>>;  // submission, session
    virtual awaitable<result<void>> attach(watches all) = 0;
    // True when nobody watches it any more.
    virtual awaitable<result<bool>> detach(std::string id, std::string session) = 0;
};

// The channels of live output.
class output_channels {
public:
    virtual ~output_channels() = default;
    virtual awaitable<result<void>> subscribe(std::string id) = 0;
    virtual void unsubscribe(std::string id) = 0;
};

class ticket_office {
public:
    virtual ~ticket_office() = default;
    // The ticket's user, once; nullopt when there is no such ticket (any more), or the token that
    // it was made with is revoked.
    virtual awaitable<result<std::optional<caller>>> redeem(std::string ticket) = 0;
    virtual bool is_open() const = 0;
    // The user of a session or an API key that the submission service knows of; nullopt: none, it
    // has ended, or the key was not made for both reading and submitting.
    virtual awaitable<result<std::optional<caller>>> user_of(std::string token) = 0;
};

}  // namespace sluice::websocket
