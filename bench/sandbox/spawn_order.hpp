// What the benchmark asks of its static spawner: an order on the spawner's input, an answer on its
// output, both of fixed size but for the durations that follow an answer.
#pragma once

#include <cstdint>

namespace sluice::bench {

struct spawn_order {
    std::uint32_t runs = 0;     // 0: as many as fit in for_ms
    std::uint32_t idle_us = 0;  // before each run
    std::uint32_t for_ms = 0;
};

// Followed by `durations` unsigned 32-bit nanoseconds / 16; none when the order was bounded by
// time.
struct spawn_answer {
    std::uint32_t runs = 0;
    std::uint32_t failures = 0;
    std::uint32_t durations = 0;
    std::uint32_t resident_kib = 0;
    std::uint64_t elapsed_ns = 0;
};

inline constexpr std::uint32_t max_durations = 1000;
inline constexpr unsigned duration_unit_ns = 16;

}  // namespace sluice::bench
