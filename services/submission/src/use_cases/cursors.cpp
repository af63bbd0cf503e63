// See cursors.hpp. What is encoded has a length that makes whole base64: no padding, nothing that a
// URL would escape.
#include "cursors.hpp"

#include "sluice/messages/json.hpp"

#include <charconv>

namespace sluice::submission {
namespace {

constexpr std::size_t index_digits = 9;

}  // namespace

std::string make_cursor(const uuid& last_seen) {
    return messages::base64_encode(last_seen.to_string());
}

std::optional<uuid> parse_cursor(std::string_view text) {
    const auto id = messages::base64_decode(text);
    return id ? uuid::parse(*id) : std::nullopt;
}

std::string make_index_cursor(std::int64_t last_seen) {
    std::string digits = std::to_string(last_seen);
    if (digits.size() < index_digits) digits.insert(0, index_digits - digits.size(), '0');
    return messages::base64_encode(digits);
}

std::optional<std::int64_t> parse_index_cursor(std::string_view text) {
    const auto digits = messages::base64_decode(text);
    if (!digits || digits->size() != index_digits) return std::nullopt;
    std::int64_t index = 0;
    const char* end = digits->data() + digits->size();
    const auto parsed = std::from_chars(digits->data(), end, index);
    if (parsed.ec != std::errc() || parsed.ptr != end || index < 0) return std::nullopt;
    return index;
}

}  // namespace sluice::submission
