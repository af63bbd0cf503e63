// Base64 and UTF-8, the two forms in which program text stands in JSON.
#include "sluice/messages/json.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace sluice::messages {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(no_digit);
    for (std::uint8_t i = 0; i < 64; ++i)
        digits[static_cast<std::uint8_t>(alphabet[i])] = i;
    return digits;
}
constexpr auto digits = make_digits();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
    return static_cast<std::uint8_t>(bytes[i]);
}

// Length of the well-formed sequence that begins at `at` (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF), or 0.
std::size_t sequence_length(std::string_view s, std::size_t at) {
    const auto continues = [&](std::size_t i, std::uint32_t low = 0x80, std::uint32_t high = 0xbf) {
        return at + i < s.size() && byte_at(s, at + i) >= low && byte_at(s, at + i) <= high;
    };
    const auto first = byte_at(s, at);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const std::uint32_t low = first == 0xe0 ? 0xa0 : 0x80;
        const std::uint32_t high = first == 0xed ? 0x9f : 0xbf;
        return continues(1, low, high) && continues(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const std::uint32_t low = first == 0xf0 ? 0x90 : 0x80;
        const std::uint32_t high = first == 0xf4 ? 0x8f : 0xbf;
        return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const auto group =
            byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        for (const int shift : {18, 12, 6, 0})
            text += alphabet[group >> shift & 63];
    }
    const auto left = bytes.size() - i;
    if (left > 0) {
        const auto group =
            byte_at(bytes, i) << 16 | (left == 2 ? byte_at(bytes, i + 1) << 8 : std::uint32_t{0});
        text += alphabet[group >> 18 & 63];
        text += alphabet[group >> 12 & 63];
        text += left == 2 ? alphabet[group >> 6 & 63] : '=';
        text += '=';
    }
    return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') {
        ++padding;
    }
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    const auto count = text.size() - padding;
    for (std::size_t i = 0; i < count; ++i) {
        const auto digit = digits[byte_at(text, i)];
        if (digit == no_digit) return std::nullopt;
        group = group << 6 | digit;
        if (i % 4 == 3) {
            for (const int shift : {16, 8, 0})
                bytes += static_cast<char>(group >> shift & 0xff);
            group = 0;
        }
    }
    // Bits behind the last byte must be zero: one value has one text.
    if (padding == 1) {
        if ((group & 3) != 0) return std::nullopt;
        bytes += static_cast<char>(group >> 10 & 0xff);
        bytes += static_cast<char>(group >> 2 & 0xff);
    } else if (padding == 2) {
        if ((group & 15) != 0) return std::nullopt;
        bytes += static_cast<char>(group >> 4 & 0xff);
    }
    return bytes;
}

bool is_valid_utf8(std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        // Most program text is ASCII: eight bytes at a time while no top bit is set.
        std::uint64_t eight = 0;
        while (at + sizeof(eight) <= bytes.size()) {
            std::memcpy(&eight, bytes.data() + at, sizeof(eight));
            if ((eight & 0x8080808080808080ULL) != 0) break;
            at += sizeof(eight);
        }
        if (at == bytes.size()) return true;
        const auto length = sequence_length(bytes, at);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

}  // namespace sluice::messages
