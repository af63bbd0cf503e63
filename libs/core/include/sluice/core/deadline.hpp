// A point in steady time by which something must be done. It travels between processes as a
// duration (milliseconds left), because clocks of different machines differ.
#pragma once

#include <algorithm>
#include <chrono>

namespace sluice {

class deadline {
public:
    using clock_type = std::chrono::steady_clock;

    explicit deadline(clock_type::time_point at) : at_(at) {}
    static deadline in(clock_type::duration d) { return deadline(clock_type::now() + d); }
    static deadline never() { return deadline(clock_type::time_point::max()); }

    clock_type::time_point at() const { return at_; }
    bool is_never() const { return at_ == clock_type::time_point::max(); }
    bool has_passed() const { return !is_never() && clock_type::now() >= at_; }
    // Zero when it has passed.
    std::chrono::milliseconds left() const {
        using std::chrono::milliseconds;
        if (is_never()) return milliseconds::max();
        return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(at_ - clock_type::now()));
    }
    deadline sooner_of(deadline other) const { return deadline(std::min(at_, other.at_)); }

private:
    clock_type::time_point at_;
};

}  // namespace sluice
