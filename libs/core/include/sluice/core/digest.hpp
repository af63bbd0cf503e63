// SHA-256, and bytes as hexadecimal digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

std::string sha256(std::string_view bytes);  // 32 bytes

std::string to_hex(std::string_view bytes);  // lower case
// Takes both cases; nullopt: not an even number of digits.
std::optional<std::string> from_hex(std::string_view digits);

// -1: no digit.
constexpr int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace sluice
