// Several queues as one, in turn: the first of each, then the second of each. Who brought much
// waits behind himself, not in front of others.
#pragma once

#include <iterator>
#include <utility>
#include <vector>

namespace sluice::submission {

template <class T>
std::vector<T> in_turn(std::vector<std::vector<T>> queues) {
    std::vector<T> out;
    for (std::size_t round = 0;; ++round) {
        bool is_over = true;
        for (auto& queue : queues) {
            if (round >= queue.size()) continue;
            out.push_back(std::move(queue[round]));
            is_over = false;
        }
        if (is_over) return out;
    }
}

// How many tasks of one user may stand in the queue or run. `configured` 0: a small multiple of
// what the live workers run at a time, so that they are never idle and nobody's turn is far.
constexpr std::int64_t window_of(std::int64_t configured, std::int64_t slots) {
    constexpr std::int64_t for_each_slot = 4;
    constexpr std::int64_t least = 8;
    if (configured > 0) return configured;
    return slots * for_each_slot > least ? slots * for_each_slot : least;
}

}  // namespace sluice::submission
