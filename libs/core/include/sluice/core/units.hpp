// Sizes and durations as text. "64MiB" and "10s" are read here and nowhere else; a bare number is
// refused because nobody can tell its unit.
#pragma once

#include "sluice/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

// A number of bytes in configuration structs; binary units only (KiB, MiB, GiB).
struct byte_size {
    std::int64_t value = 0;
    friend auto operator<=>(const byte_size&, const byte_size&) = default;
};

constexpr byte_size operator""_B(unsigned long long n) {
    return {static_cast<std::int64_t>(n)};
}
constexpr byte_size operator""_KiB(unsigned long long n) {
    return {static_cast<std::int64_t>(n << 10)};
}
constexpr byte_size operator""_MiB(unsigned long long n) {
    return {static_cast<std::int64_t>(n << 20)};
}
constexpr byte_size operator""_GiB(unsigned long long n) {
    return {static_cast<std::int64_t>(n << 30)};
}

// "512B", "64KiB", "1MiB", "2GiB"; whole numbers; errc::invalid says what is allowed.
result<byte_size> parse_byte_size(std::string_view text);
std::string to_string(byte_size size);

// "250ms", "10s", "5m", "1h", "7d"; whole numbers.
result<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string to_string(std::chrono::milliseconds duration);

}  // namespace sluice
