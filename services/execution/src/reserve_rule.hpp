// How many tasks to keep at hand beyond the slots' own. The broker needs a few milliseconds from
// the end of one task to the next one, in which a slot stands idle: much where programs run for
// twenty, nothing where they run for seconds. There a task that waits here could have begun
// elsewhere, so the reserve is kept only while runs are short.
#pragma once

#include <chrono>
#include <cstdint>

namespace sluice::execution {

class reserve_rule {
public:
    using duration = std::chrono::nanoseconds;

    // From now on, while runs are short; 0: never.
    void change(std::uint16_t most) { most_ = most; }
    // A task had its slot for so long.
    void held(duration slot_time) {
        average_ += (slot_time - average_) / weight;
        if (average_ < short_run) is_short_ = true;
        if (average_ > long_run) is_short_ = false;
    }
    std::uint16_t wanted() const { return is_short_ ? most_ : std::uint16_t{0}; }

private:
    static constexpr int weight = 8;
    static constexpr duration short_run = std::chrono::milliseconds(200);
    static constexpr duration long_run = std::chrono::milliseconds(400);
    std::uint16_t most_ = 0;
    duration average_ = std::chrono::seconds(1);  // it takes a dozen short runs to believe in them
    bool is_short_ = false;
};

}  // namespace sluice::execution
