// What passes between a running program and those who watch and steer it, as plain data.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::domain {

enum class output_stream { out, err };  // a terminal's output is `out`

// Pieces of one attempt are numbered 1, 2, 3 … over both streams, in the order in which they came.
struct output_piece {
    submission_id id;
    sluice::correlation_id correlation_id;
    std::int64_t attempt = 1;
    std::int64_t seq = 0;
    std::int64_t skipped = 0;  // so many numbers before this one were thrown away at the source
    output_stream stream = output_stream::out;
    std::string data;
    wall_time at;
};

// How a program is connected: not at all, by pipes, or by a terminal.
enum class interaction { none, pipes, terminal };

enum class control_kind { stdin_data, stdin_eof, signal, resize, cancel, watched, unwatched };

struct control_message {
    control_kind kind = control_kind::cancel;
    std::string data;         // with stdin_data
    std::int32_t number = 0;  // with signal: its Linux number
    std::int32_t cols = 0, rows = 0;
};

// The signals that a user may send: "SIGINT" or "INT" → 2; nullopt: none of them.
std::optional<std::int32_t> signal_number(std::string_view name);
bool is_sendable_signal(std::int32_t number);

inline constexpr std::int32_t largest_terminal_side = 1000;

}  // namespace sluice::domain
