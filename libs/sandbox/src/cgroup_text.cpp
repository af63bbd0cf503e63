// Parsers for the small text formats of cgroup files and /proc/self/mounts.
#include "cgroup_text.hpp"

#include <charconv>

namespace sluice::sandbox {

std::string_view next_piece(std::string_view& text, char separator) {
    const std::size_t at = text.find(separator);
    const std::string_view piece = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return piece;
}

namespace {

bool has_option(std::string_view options, std::string_view name) {
    while (!options.empty()) {
        if (next_piece(options, ',') == name) return true;
    }
    return false;
}

}  // namespace

cgroup_mounts parse_cgroup_mounts(std::string_view mounts) {
    cgroup_mounts found;
    while (!mounts.empty()) {
        std::string_view line = next_piece(mounts, '\n');
        next_piece(line, ' ');
        const std::string_view where = next_piece(line, ' ');
        const std::string_view type = next_piece(line, ' ');
        const std::string_view options = next_piece(line, ' ');
        // The first mount of a hierarchy is the host's; later ones may be views of containers.
        const auto keep = [&](std::string& slot) {
            if (slot.empty()) slot = where;
        };
        if (type == "cgroup2") keep(found.unified);
        if (type != "cgroup") continue;
        if (has_option(options, "memory")) keep(found.memory);
        if (has_option(options, "pids")) keep(found.pids);
        if (has_option(options, "cpuacct")) keep(found.cpuacct);
        if (has_option(options, "cpu")) keep(found.cpu);
    }
    return found;
}

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        std::string_view piece = next_piece(list, ' ');
        if (!piece.empty() && piece.back() == '\n') piece.remove_suffix(1);
        if (piece == word) return true;
    }
    return false;
}

std::optional<std::int64_t> first_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    return value;
}

std::optional<std::int64_t> keyed_value(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        std::string_view line = next_piece(text, '\n');
        if (next_piece(line, ' ') == key) return first_number(line);
    }
    return std::nullopt;
}

std::optional<std::string>
controller_path(std::string_view self_cgroup, std::string_view controller) {
    while (!self_cgroup.empty()) {
        std::string_view line = next_piece(self_cgroup, '\n');
        next_piece(line, ':');
        if (has_option(next_piece(line, ':'), controller)) return std::string(line);
    }
    return std::nullopt;
}

std::optional<std::string> unified_path(std::string_view self_cgroup) {
    while (!self_cgroup.empty()) {
        const std::string_view line = next_piece(self_cgroup, '\n');
        if (line.starts_with("0::/")) return std::string(line.substr(3));
    }
    return std::nullopt;
}

}  // namespace sluice::sandbox
