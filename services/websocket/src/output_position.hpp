// Where one watcher is in a submission's output, and what a piece means to it: pure.
#pragma once

#include "sluice/domain/live.hpp"

#include <cstdint>

namespace sluice::websocket {

struct output_position {
    std::int64_t attempt = 1;
    std::int64_t seq = 0;  // of the last piece that was told

    bool has(const domain::output_piece& p) const {
        return p.attempt < attempt || (p.attempt == attempt && p.seq <= seq);
    }
    // The number that comes next, from this watcher's point of view.
    std::int64_t expected(const domain::output_piece& p) const {
        return p.attempt == attempt ? seq + 1 : 1;
    }
    // Nothing but what the source threw away lies between.
    bool is_next(const domain::output_piece& p) const {
        return !has(p) && p.seq - p.skipped <= expected(p);
    }
    void move_to(const domain::output_piece& p) {
        attempt = p.attempt;
        seq = p.seq;
    }
};

}  // namespace sluice::websocket
