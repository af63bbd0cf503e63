// See output_coalescer.hpp.
#include "output_coalescer.hpp"

#include <algorithm>
#include <utility>

namespace sluice::execution {
namespace {

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// How long a character is that begins with this byte; 0 for a byte that begins none.
std::size_t length_by_first(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xC2 && byte <= 0xDF) return 2;
    if (byte >= 0xE0 && byte <= 0xEF) return 3;
    if (byte >= 0xF0 && byte <= 0xF4) return 4;
    return 0;
}

// At most `most` bytes of the front, cut before a character rather than in it.
std::size_t front_size(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    const std::size_t tail = incomplete_tail(text.substr(0, most));
    return most - tail;
}

}  // namespace

std::size_t incomplete_tail(std::string_view text) {
    const std::size_t most = std::min<std::size_t>(3, text.size());
    for (std::size_t n = 1; n <= most; ++n) {
        const char c = text[text.size() - n];
        if (is_continuation(c)) continue;
        return length_by_first(c) > n ? n : 0;
    }
    return 0;
}

void output_coalescer::append(domain::output_stream from, std::string_view bytes) {
    if (bytes.empty()) return;
    if (waiting_.empty() || waiting_.back().from != from ||
        waiting_.back().bytes.size() >= settings_.piece_bytes) {
        waiting_.push_back({from, {}});
    }
    waiting_.back().bytes += bytes;
    waiting_size_ += bytes.size();
}

void output_coalescer::add(domain::output_stream from, std::string_view bytes, steady_time now) {
    const bool has_due_time = due_ && !waiting_.empty();
    std::string joined;
    std::string& tail = tail_of(from);
    if (!tail.empty()) {
        joined = std::move(tail);
        joined += bytes;
        bytes = joined;
    }
    const std::size_t held = incomplete_tail(bytes);
    std::string rest(bytes.substr(bytes.size() - held));
    append(from, bytes.substr(0, bytes.size() - held));
    tail = std::move(rest);
    drop_oldest();
    if (!has_due_time) schedule(now);
}

// Whole segments go, and of the last one as much as is too much; one number stands for them all.
void output_coalescer::drop_oldest() {
    if (waiting_size_ <= settings_.waiting_bytes) return;
    std::size_t excess = waiting_size_ - settings_.waiting_bytes;
    while (excess > 0) {
        std::string& oldest = waiting_.front().bytes;
        if (oldest.size() <= excess) {
            excess -= oldest.size();
            waiting_size_ -= oldest.size();
            waiting_.pop_front();
            continue;
        }
        std::size_t cut = excess;
        while (cut < oldest.size() && cut < excess + 3 && is_continuation(oldest[cut]))
            ++cut;
        oldest.erase(0, cut);
        waiting_size_ -= cut;
        excess = 0;
    }
    skipped_ = 1;
}

void output_coalescer::schedule(steady_time now) {
    if (waiting_.empty()) {
        if (!due_ && has_tail()) due_ = now + settings_.tail_hold;
        return;
    }
    if (!last_taken_) {
        due_ = now + settings_.first_hold;
    } else {
        due_ = std::max(now, *last_taken_ + std::max(window_, settings_.shortest_window));
    }
}

std::optional<steady_time> output_coalescer::due() const {
    return due_;
}

std::vector<domain::output_piece> output_coalescer::take(steady_time now, bool is_last) {
    std::vector<domain::output_piece> pieces;
    const bool only_tail = waiting_.empty();
    if (is_last || only_tail) {
        for (const auto s : {domain::output_stream::out, domain::output_stream::err}) {
            append(s, tail_of(s));
            tail_of(s).clear();
        }
    }
    const bool was_flooded = waiting_size_ >= settings_.waiting_bytes / 2;
    for (segment& s : waiting_) {
        std::string_view rest = s.bytes;
        while (!rest.empty()) {
            const std::size_t n = front_size(rest, settings_.piece_bytes);
            domain::output_piece p;
            p.stream = s.from;
            p.data = rest.substr(0, n);
            next_seq_ += skipped_;
            p.skipped = std::exchange(skipped_, 0);
            p.seq = next_seq_++;
            pieces.push_back(std::move(p));
            rest.remove_prefix(n);
        }
    }
    waiting_.clear();
    waiting_size_ = 0;
    due_.reset();
    if (!is_last && has_tail()) due_ = now + settings_.tail_hold;
    last_taken_ = now;
    window_ =
        was_flooded
            ? std::min(settings_.longest_window, std::max(settings_.shortest_window, window_ * 2))
            : settings_.shortest_window;
    return pieces;
}

}  // namespace sluice::execution
