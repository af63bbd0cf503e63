// The processor time of the inits that share a slot's cgroup with its programs (cgroup v1), and of
// programs' processes before their command came, so that all of it, and nothing else, can be taken
// out of the group's count.
#pragma once

#include "run_board.hpp"

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace sluice::sandbox {

// The processor time of a living process or a zombie, all its threads; 0 when there is none.
std::int64_t process_clock_ns(pid_t process);

class init_clocks {
public:
    // The board is the init's, and stays so until note_end().
    void add(pid_t init, const run_board& board);
    // It is dead and not reaped yet: its clock stands, and will be gone.
    void note_end(pid_t init);
    // Of all inits that there ever were.
    std::int64_t total_ns() const;
    // Of one that is there, or was until now.
    std::int64_t of_ns(pid_t init) const;

private:
    struct entry {
        pid_t init = -1;
        const run_board* board = nullptr;
        bool is_over = true;
        std::int64_t final_ns = 0;

        std::int64_t now_ns() const;
    };
    // One more than there can be inits: the last one's end stays known until the next comes.
    std::array<entry, 4> entries_{};
    std::size_t next_ = 0;
    std::int64_t past_ns_ = 0;
};

// Those of processes that end when they like and are reaped by others: the last reading stays.
class helper_clocks {
public:
    void follow(const std::array<pid_t, 2>& processes);
    std::int64_t total_ns();

private:
    struct entry {
        pid_t process = -1;
        std::int64_t last_ns = 0;
    };
    std::array<entry, 2> entries_{};
    std::int64_t past_ns_ = 0;
};

}  // namespace sluice::sandbox
