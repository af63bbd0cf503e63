// See session_machine.hpp.
#include "session_machine.hpp"

#include <utility>

namespace sluice::websocket {
namespace {

action say(std::string text) {
    return send_text{std::make_shared<const std::string>(std::move(text))};
}

}  // namespace

bool session_machine::take(const stored_event& e, std::vector<action>& out) {
    if (e.id <= last_sent_) return false;
    last_sent_ = e.id;
    out.emplace_back(send_text{e.frame});
    return true;
}

std::vector<action> session_machine::on_live(stored_event e) {
    std::vector<action> out;
    if (!is_replaying_) {
        take(e, out);
        return out;
    }
    if (buffered_.size() < max_buffered_) {
        buffered_.push_back(std::move(e));
    } else {
        // The stream has them all; reading it again is cheaper than keeping them here.
        buffered_.clear();
        must_go_round_ = true;
    }
    return out;
}

std::vector<action> session_machine::on_page(std::vector<stored_event> page, bool is_last) {
    std::vector<action> out;
    for (const stored_event& e : page)
        take(e, out);
    if (!is_last) return out;
    if (std::exchange(must_go_round_, false)) return out;
    for (const stored_event& e : std::exchange(buffered_, {}))
        take(e, out);
    is_replaying_ = false;
    return out;
}

void session_machine::on_gap() {
    // A page that is on its way was perhaps read before what was missed: go round after it.
    must_go_round_ = must_go_round_ || is_replaying_;
    is_replaying_ = true;
}

std::vector<action>
session_machine::on_client_frame(const std::optional<client_frame>& frame, wall_time now) const {
    std::vector<action> out;
    if (!frame) {
        out.emplace_back(close_with{ws::close_code::invalid_payload, "a frame is JSON text"});
        return out;
    }
    switch (frame->type) {
        case client_frame_type::ping:
            out.push_back(say(ack_frame(frame->request_id, now)));
            break;
        case client_frame_type::unknown:
            out.push_back(say(error_frame("unknown_type", frame->problem, frame->request_id, now)));
            break;
        case client_frame_type::invalid:
            out.push_back(say(error_frame("invalid_frame", frame->problem, frame->request_id, now))
            );
            break;
        default:
            break;  // about a submission: the session's
    }
    return out;
}

}  // namespace sluice::websocket
