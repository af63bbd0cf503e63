// The coroutines around one session machine: one reads the client, one replays while the machine
// wants it; live events come from the hub.
#pragma once

#include "hub.hpp"
#include "ports.hpp"
#include "probe.hpp"
#include "session_live.hpp"

#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <memory>
#include <string>

namespace sluice::websocket {

// What all sessions of a node share; outlives them.
struct session_services {
    hub& members;
    session_registry& registry;
    event_source& events;
    const clock& time;
    probe& metrics;
    runtime::gate& background;
    live_services& live;
    std::string node;
    std::int64_t page = 100;
    std::size_t max_buffered = 256;
    std::size_t pace_bytes = 512 << 10;  // no further page while this much is unsent
};

class session final : public hub_member,
                      public live_client,
                      public std::enable_shared_from_this<session> {
public:
    session(
        asio::any_io_executor executor,
        session_services& s,
        std::shared_ptr<ws::connection> c,
        caller who
    );

    // The connection's life. `last_event_id`: as in the query, nullopt when it was not there.
    awaitable<void> run(std::optional<std::string> last_event_id);

    const std::string& session_id() const override { return id_; }
    const sluice::user_id& user() const override { return who_.user; }
    const std::string& token_sha256() const override { return who_.token_sha256; }
    void on_event(const stored_event& e) override;
    void on_gap() override;
    void on_token_end(token_end why) override;

    void say(std::string frame) override;
    bool show(const std::shared_ptr<const std::string>& frame) override;
    bool is_behind() const override;
    awaitable<void> pace() override;
    std::shared_ptr<void> keep_alive() override { return shared_from_this(); }

private:
    // `self` is there to live as long as the coroutine.
    awaitable<void>
    converse(std::shared_ptr<session> self, std::optional<std::string> last_event_id);
    bool begin(const std::optional<std::string>& last_event_id, const stream_facts& stream);
    void perform(const std::vector<action>& actions);
    void ensure_replay();
    awaitable<void> replay(std::shared_ptr<session> self);
    void note_event(std::string_view frame, std::string_view label);
    void end();

    session_services& services_;
    std::shared_ptr<ws::connection> connection_;
    caller who_;
    std::string id_;
    session_machine machine_;
    session_live live_;
    runtime::event ended_;
    bool has_begun_ = false;
    bool is_replay_running_ = false;
};

}  // namespace sluice::websocket
