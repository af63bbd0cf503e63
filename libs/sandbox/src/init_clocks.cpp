// A process's clock belongs to the process alone: what it waited for is not in it, and reading it
// brings the kernel's count up to date on whatever processor it runs.
#include "init_clocks.hpp"

#include <time.h>

#include <algorithm>

namespace sluice::sandbox {

std::int64_t process_clock_ns(pid_t process) {
    // As clock_getcpuclockid makes it, which would ask the kernel once more.
    const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(process) << 3) | 2U);
    timespec t{};
    if (::clock_gettime(clock, &t) < 0) return 0;
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

std::int64_t init_clocks::entry::now_ns() const {
    return process_clock_ns(init) + board->early_cpu_us * 1000;
}

void init_clocks::add(pid_t init, const run_board& board) {
    while (!entries_[next_].is_over)
        next_ = (next_ + 1) % entries_.size();
    entries_[next_] = {init, &board, false, 0};
    next_ = (next_ + 1) % entries_.size();
}

void init_clocks::note_end(pid_t init) {
    for (entry& each : entries_) {
        if (each.init != init || each.is_over) continue;
        each.final_ns = each.now_ns();
        each.is_over = true;
        past_ns_ += each.final_ns;
    }
}

std::int64_t init_clocks::total_ns() const {
    std::int64_t sum = past_ns_;
    for (const entry& each : entries_) {
        if (!each.is_over) sum += each.now_ns();
    }
    return sum;
}

std::int64_t init_clocks::of_ns(pid_t init) const {
    for (const entry& each : entries_) {
        if (each.init != init) continue;
        return each.is_over ? each.final_ns : each.now_ns();
    }
    return 0;
}

void helper_clocks::follow(const std::array<pid_t, 2>& processes) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        entry& each = entries_[i];
        if (each.process == processes[i]) continue;
        past_ns_ += each.last_ns;
        each = {processes[i], 0};
    }
}

std::int64_t helper_clocks::total_ns() {
    std::int64_t sum = past_ns_;
    for (entry& each : entries_) {
        if (each.process > 0) each.last_ns = std::max(each.last_ns, process_clock_ns(each.process));
        sum += each.last_ns;
    }
    return sum;
}

}  // namespace sluice::sandbox
