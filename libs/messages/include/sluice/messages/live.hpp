// Live output and control on their way through Redis (proto/sluice/v1/live.proto), and the frames
// that a watching client gets.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/domain/live.hpp"

#include <string>
#include <string_view>

namespace sluice::messages {

std::string encode(const domain::output_piece& p);
std::string encode(const domain::control_message& m);
result<domain::output_piece> decode_output(std::string_view bytes);
result<domain::control_message> decode_control(std::string_view bytes);

// {"type":"submission.output",…,"data":{"stream","seq","attempt","data","data_encoding"}}.
std::string output_frame(const domain::output_piece& p);
// {"type":"gap",…,"data":{"from","to","attempt"}}: pieces from…to are lost, both included.
std::string gap_frame(const domain::output_piece& next, std::int64_t from, std::int64_t to);

// Appends to a control stream and wakes its reader, by one script. KEYS: the stream. ARGV: message,
// its bytes of input, "input" or "order", most bytes of input, most entries, ttl in ms, channel,
// submission id. Answers "ok", or "full" and then nothing was appended; an order has some more
// room.
extern const char* const control_append_script;

// Fields of a stream's entry.
inline constexpr std::string_view live_field = "m";

}  // namespace sluice::messages
