// The OCI runtimes that can stand behind the sandbox's interface.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::sandbox::oci {

enum class runtime_kind : std::uint32_t { crun = 1, runc = 2, runsc = 3 };

inline constexpr std::array all_runtimes{
    runtime_kind::crun,
    runtime_kind::runc,
    runtime_kind::runsc};

// The command and the Debian package alike.
constexpr std::string_view name_of(runtime_kind kind) {
    switch (kind) {
        case runtime_kind::crun:
            return "crun";
        case runtime_kind::runc:
            return "runc";
        case runtime_kind::runsc:
            return "runsc";
    }
    return "";
}

constexpr std::optional<runtime_kind> runtime_named(std::string_view name) {
    for (const runtime_kind kind : all_runtimes) {
        if (name_of(kind) == name) return kind;
    }
    return std::nullopt;
}

}  // namespace sluice::sandbox::oci
