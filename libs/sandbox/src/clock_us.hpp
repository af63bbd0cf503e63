// Clocks of the static manager's processes, in microseconds.
#pragma once

#include <time.h>

#include <cstdint>

namespace sluice::sandbox {

inline std::int64_t now_us(clockid_t clock = CLOCK_MONOTONIC) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return t.tv_sec * 1'000'000LL + t.tv_nsec / 1000;
}

}  // namespace sluice::sandbox
