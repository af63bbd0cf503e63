// See limits_text.hpp.
#include "limits_text.hpp"

#include <sys/resource.h>

#include <charconv>

namespace sluice::sandbox {

namespace {

std::optional<std::uint64_t> take_limit(std::string_view& rest) {
    const std::size_t begin = rest.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    if (word == "unlimited") return RLIM_INFINITY;
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (failed != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<two_limits> limits_in(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
        if (name.empty() || !line.starts_with(name)) continue;
        line.remove_prefix(name.size());
        const auto soft = take_limit(line);
        const auto hard = take_limit(line);
        if (soft && hard) return two_limits{*soft, *hard};
        return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace sluice::sandbox
