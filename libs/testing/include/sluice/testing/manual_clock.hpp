// A clock that moves when the test says so.
#pragma once

#include "sluice/core/clock.hpp"

namespace sluice::testing {

class manual_clock final : public clock {
public:
    explicit manual_clock(wall_time start = from_unix_ms(1'700'000'000'000)) : now_(start) {}

    wall_time now() const override { return now_; }
    steady_time steady() const override { return steady_; }

    void advance(std::chrono::milliseconds by) {
        now_ += by;
        steady_ += by;
    }
    // A step of the wall clock alone, as time synchronisation makes one.
    void step_wall(std::chrono::milliseconds by) { now_ += by; }

private:
    wall_time now_;
    steady_time steady_{std::chrono::hours(1)};
};

}  // namespace sluice::testing
