// Decides which pieces of a program's output go out and when: pure. Theory of operation: the first
// output is held for a moment, so that a program that ends soon costs no message. After that,
// output after a silence goes at once, and more of it once in a window; the window grows while a
// program floods. What waits is bounded: the oldest is thrown away, and the next piece says how
// many numbers were lost. Text is cut between characters only; bytes that are no UTF-8 pass as they
// are.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/domain/live.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::execution {

struct coalescing {
    std::chrono::milliseconds first_hold{20};
    std::chrono::milliseconds shortest_window{25};
    std::chrono::milliseconds longest_window{200};
    std::chrono::milliseconds tail_hold{100};  // of a character that is not complete
    std::size_t piece_bytes = 16 << 10;
    std::size_t waiting_bytes = 64 << 10;
};

// The number of bytes at the end of `text` that begin a UTF-8 character without completing it.
std::size_t incomplete_tail(std::string_view text);

class output_coalescer {
public:
    explicit output_coalescer(coalescing settings = {}) : settings_(settings) {}

    void add(domain::output_stream from, std::string_view bytes, steady_time now);
    // When take() is due; nullopt while nothing waits.
    std::optional<steady_time> due() const;
    // Everything that waits, as pieces with stream, seq, skipped and data set. `is_last`: tails
    // too.
    std::vector<domain::output_piece> take(steady_time now, bool is_last = false);

    bool has_sent() const { return next_seq_ > 1; }
    std::int64_t next_seq() const { return next_seq_; }

private:
    struct segment {
        domain::output_stream from;
        std::string bytes;
    };
    void append(domain::output_stream from, std::string_view bytes);
    void drop_oldest();
    void schedule(steady_time now);
    std::string& tail_of(domain::output_stream s) { return tails_[static_cast<std::size_t>(s)]; }
    bool has_tail() const { return !tails_[0].empty() || !tails_[1].empty(); }

    coalescing settings_;
    std::deque<segment> waiting_;
    std::size_t waiting_size_ = 0;
    std::array<std::string, 2> tails_;
    std::int64_t next_seq_ = 1;
    std::int64_t skipped_ = 0;
    std::chrono::milliseconds window_{0};
    std::optional<steady_time> due_;
    std::optional<steady_time> last_taken_;
};

}  // namespace sluice::execution
