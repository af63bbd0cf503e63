// The frames of docs/websocket.md, read and printed: pure.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/domain/live.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sluice::websocket {

enum class client_frame_type {
    ping,
    subscribe,
    unsubscribe,
    stdin_data,
    stdin_eof,
    signal,
    resize,
    cancel,
    unknown,  // JSON, but no type that we know
    invalid,  // JSON, but no frame
};
// Frames about one submission.
bool is_about_submission(client_frame_type t);

struct client_frame {
    client_frame_type type = client_frame_type::invalid;
    std::string request_id;     // JSON text: a string or a number as the client sent it, or "null"
    std::string problem;        // for unknown and invalid: a sentence for the client
    std::string submission_id;  // of all but ping; a UUID in canonical form
    domain::control_message control;  // of stdin, stdin_eof, signal, resize, cancel
    std::int64_t from_seq = 1;        // of subscribe
    std::int64_t attempt = 1;         // of subscribe
};

// nullopt when the text is not JSON (the connection is closed with 1007).
std::optional<client_frame> parse_client_frame(std::string_view text);

struct welcome {
    std::string session_id;
    std::string node;
    std::string user_id;
    bool resync = false;
    std::string last_event_id;
};
std::string welcome_frame(const welcome& w, wall_time at);
std::string ack_frame(const std::string& request_id, wall_time at);
std::string error_frame(
    std::string_view code,
    std::string_view message,
    const std::string& request_id,
    wall_time at
);

// The submission that a frame of ours is about; "" for one that is about none.
std::string_view submission_of(std::string_view frame);

// The label of a frame for metrics, one of a closed set.
std::string_view type_label(std::string_view frame);

}  // namespace sluice::websocket
