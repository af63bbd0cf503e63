// The table of signals is closed: SIGSTOP would only burn the wall time, and the real-time ones
// belong to libc.
#include "sluice/domain/live.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

namespace sluice::domain {
namespace {

constexpr std::array<std::pair<std::string_view, std::int32_t>, 10> signals{{
    {"INT", SIGINT},
    {"TERM", SIGTERM},
    {"KILL", SIGKILL},
    {"QUIT", SIGQUIT},
    {"HUP", SIGHUP},
    {"USR1", SIGUSR1},
    {"USR2", SIGUSR2},
    {"TSTP", SIGTSTP},
    {"CONT", SIGCONT},
    {"WINCH", SIGWINCH},
}};

}  // namespace

std::optional<std::int32_t> signal_number(std::string_view name) {
    if (name.starts_with("SIG")) name.remove_prefix(3);
    for (const auto& [known, number] : signals) {
        if (known == name) return number;
    }
    return std::nullopt;
}

bool is_sendable_signal(std::int32_t number) {
    return std::ranges::any_of(signals, [number](const auto& row) { return row.second == number; });
}

}  // namespace sluice::domain
