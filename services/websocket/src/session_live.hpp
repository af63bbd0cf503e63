// What one session watches and steers. Only submissions of its user; a submission is his when its
// stored state says so, or when one of its events came to him.
#pragma once

#include "output_hub.hpp"
#include "output_position.hpp"
#include "protocol.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <unordered_set>

namespace sluice::websocket {

struct live_services {
    output_hub& outputs;
    live_store& store;
    const clock& time;
    runtime::gate& background;
    std::chrono::milliseconds owner_patience{1000};
    std::size_t max_watched = 64;
};

// The session's side of it.
class live_client {
public:
    virtual ~live_client() = default;
    virtual const std::string& session_id() const = 0;
    virtual const sluice::user_id& user() const = 0;
    virtual void say(std::string frame) = 0;                                 // an answer
    virtual bool show(const std::shared_ptr<const std::string>& frame) = 0;  // output; false: over
    virtual bool is_behind() const = 0;  // more is unsent than output may add to
    virtual awaitable<void> pace() = 0;  // until it is not
    virtual std::shared_ptr<void> keep_alive() = 0;
};

class session_live {
public:
    session_live(asio::any_io_executor executor, live_services& services, live_client& client);
    ~session_live();

    // A frame about a submission; answered by say().
    awaitable<void> handle(client_frame frame);
    // An event of the user that this session is about to be told.
    void on_event(std::string_view submission_id, bool is_final);
    void end();

private:
    class feed;
    awaitable<std::string> refusal(const std::string& id);
    awaitable<std::string> subscribe(const client_frame& frame);
    awaitable<std::string> unsubscribe(const client_frame& frame);
    awaitable<std::string> steer(const client_frame& frame);
    void drop(const std::string& id);
    void note_owned(std::string_view id);

    asio::any_io_executor executor_;
    live_services& services_;
    live_client& client_;
    std::map<std::string, std::shared_ptr<feed>, std::less<>> feeds_;
    std::unordered_set<std::string> owned_;
    std::list<std::string> owned_in_order_;  // not a deque: an empty one takes 600 bytes
    runtime::event owned_changed_;
    bool is_over_ = false;
};

}  // namespace sluice::websocket
