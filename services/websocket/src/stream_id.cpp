// See stream_id.hpp.
#include "stream_id.hpp"

#include <charconv>

namespace sluice::websocket {
namespace {

bool read_number(std::string_view text, std::uint64_t& out) {
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failed == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<stream_id> stream_id::parse(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    stream_id id;
    if (!read_number(text.substr(0, dash), id.ms)) return std::nullopt;
    if (!read_number(text.substr(dash + 1), id.sequence)) return std::nullopt;
    return id;
}

std::string stream_id::to_string() const {
    return std::to_string(ms) + "-" + std::to_string(sequence);
}

start_position
find_start(const std::optional<stream_id>& given, bool is_malformed, const stream_facts& stream) {
    if (is_malformed) return {stream.last_generated, true};
    if (!given) return {stream.last_generated, false};
    const stream_id id = *given;
    const bool is_from_the_start = id == stream_id{};
    // The stream expired or Redis lost it; an id of "nothing yet" misses nothing then.
    if (!stream.exists) return {stream_id{}, !is_from_the_start};
    // An id that this stream never gave: the stream was lost and begun again.
    if (id > stream.last_generated) return {stream.last_generated, true};
    const bool has_whole_stream = is_from_the_start && !stream.is_trimmed;
    // Older than what is kept: trimmed past, or an id of a stream of before. It may be the very
    // last of those, with nothing lost; nobody can tell.
    const bool may_have_lost = stream.first && id < *stream.first && !has_whole_stream;
    return {id, may_have_lost};
}

}  // namespace sluice::websocket
