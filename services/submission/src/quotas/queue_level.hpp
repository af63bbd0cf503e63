// How much accepted work waits, as it was when somebody looked last (admission_keeper): what stands
// in the queue and what is held back. Requests only read it.
#pragma once

#include "sluice/observe/metrics.hpp"

#include <cstdint>

namespace sluice::submission {

class queue_level {
public:
    queue_level(std::int64_t maximum, observe::gauge queued, observe::gauge held)
        : maximum_(maximum), shown_queued_(queued), shown_held_(held) {}

    bool is_full() const { return maximum_ > 0 && waiting() >= maximum_; }
    std::int64_t waiting() const { return queued_ + held_; }
    std::int64_t held() const { return held_; }
    std::int64_t maximum() const { return maximum_; }
    void change_maximum(std::int64_t maximum) { maximum_ = maximum; }
    void queued(std::int64_t tasks) {
        queued_ = tasks;
        shown_queued_.set(static_cast<double>(tasks));
    }
    void held(std::int64_t tasks) {
        held_ = tasks;
        shown_held_.set(static_cast<double>(tasks));
    }

private:
    std::int64_t maximum_;
    observe::gauge shown_queued_, shown_held_;
    std::int64_t queued_ = 0;
    std::int64_t held_ = 0;
};

}  // namespace sluice::submission
