// What one session sends and when: pure. Theory of operation: a session is either replaying the
// user's stream or live. Live events that arrive while it replays are kept (bounded) and sent after
// the last page; an id that is not above the last one sent is dropped, so nothing is sent twice or
// out of order. When the kept ones overflow, or a gap in the live channel is reported, the session
// replays (again) from the last id that it sent.
#pragma once

#include "protocol.hpp"
#include "stream_id.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/ws/server.hpp"

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sluice::websocket {

// A stored event. The frame (with its event_id) is shared by all sessions that get it.
struct stored_event {
    stream_id id;
    std::shared_ptr<const std::string> frame;
};

struct send_text {
    std::shared_ptr<const std::string> text;
};
struct close_with {
    ws::close_code code = ws::close_code::normal;
    std::string reason;
};
using action = std::variant<send_text, close_with>;

class session_machine {
public:
    session_machine(stream_id from, std::size_t max_buffered)
        : last_sent_(from), max_buffered_(max_buffered) {}

    bool is_replaying() const { return is_replaying_; }
    // After which id the next page begins.
    stream_id position() const { return last_sent_; }
    void start_at(stream_id from) { last_sent_ = from; }

    // An event of the live channel: what to send now.
    std::vector<action> on_live(stored_event e);
    // A page of the stream after position(), and whether the stream had no more. After the last
    // page the session is live, unless it must go round once more.
    std::vector<action> on_page(std::vector<stored_event> page, bool is_last);
    // Live events may have been missed.
    void on_gap();

    // A text message of the client, parsed. Those about a submission are session_live's.
    std::vector<action> on_client_frame(const std::optional<client_frame>& frame, wall_time now)
        const;

private:
    bool take(const stored_event& e, std::vector<action>& out);

    stream_id last_sent_;
    std::size_t max_buffered_;
    std::list<stored_event> buffered_;  // not a deque: an empty one takes 600 bytes
    bool is_replaying_ = true;
    bool must_go_round_ = false;  // something was dropped or missed since this replay began
};

}  // namespace sluice::websocket
