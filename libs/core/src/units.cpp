// Reading and printing of sizes and durations with units. Both are one table of suffixes.
#include "sluice/core/units.hpp"

#include <charconv>
#include <limits>
#include <span>

namespace sluice {
namespace {

struct unit {
    std::string_view suffix;
    std::int64_t factor;
};

constexpr unit size_units[] = {
    {"GiB", 1LL << 30},
    {"MiB", 1LL << 20},
    {"KiB", 1LL << 10},
    {"B", 1}};
constexpr unit time_units[] =
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

result<std::int64_t>
parse(std::string_view text, std::span<const unit> units, const char* allowed) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, status] = std::from_chars(text.data(), end, number);
    const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
    if (status == std::errc() && number >= 0) {
        for (const unit& u : units) {
            if (suffix != u.suffix) continue;
            if (number > std::numeric_limits<std::int64_t>::max() / u.factor) break;
            return number * u.factor;
        }
    }
    return fail(errc::invalid, "'" + std::string(text) + "' is not " + allowed);
}

std::string print(std::int64_t value, std::span<const unit> units) {
    for (const unit& u : units) {
        if (value != 0 && value % u.factor == 0) {
            return std::to_string(value / u.factor) + std::string(u.suffix);
        }
    }
    return std::to_string(value) + std::string(units.back().suffix);
}

}  // namespace

result<byte_size> parse_byte_size(std::string_view text) {
    auto value = parse(
        text,
        size_units,
        "a size: a whole number with its unit, B, KiB, MiB or GiB, such as 64MiB"
    );
    if (!value) return std::move(value).error();
    return byte_size{*value};
}

std::string to_string(byte_size size) {
    return print(size.value, size_units);
}

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    auto value = parse(
        text,
        time_units,
        "a duration: a whole number with its unit, ms, s, m, h or d, such as 30s"
    );
    if (!value) return std::move(value).error();
    return std::chrono::milliseconds(*value);
}

std::string to_string(std::chrono::milliseconds duration) {
    return print(duration.count(), time_units);
}

}  // namespace sluice
