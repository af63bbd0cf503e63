// How full the outbox is, as far as this replica knows: the sweeper's last count of rows that the
// broker has not confirmed, plus the publishes that failed here since that count began.
#pragma once

#include "sluice/observe/metrics.hpp"

#include <cstdint>

namespace sluice::submission {

class outbox_level {
public:
    outbox_level(std::int64_t maximum, observe::gauge shown) : maximum_(maximum), shown_(shown) {}

    bool is_full() const { return pending() >= maximum_; }
    std::int64_t pending() const { return counted_ + since_count_; }
    std::int64_t maximum() const { return maximum_; }
    void change_maximum(std::int64_t maximum) { maximum_ = maximum; }

    void publish_failed() {
        ++since_count_;
        shown_.set(static_cast<double>(pending()));
    }
    // What fails while the count runs may or may not be in it, so it is kept: too many is safe.
    void count_begins() { before_count_ = since_count_; }
    void count_ended(std::int64_t rows) {
        counted_ = rows;
        since_count_ -= before_count_;
        before_count_ = 0;
        shown_.set(static_cast<double>(pending()));
    }

private:
    std::int64_t maximum_;
    observe::gauge shown_;
    std::int64_t counted_ = 0;
    std::int64_t since_count_ = 0;
    std::int64_t before_count_ = 0;
};

}  // namespace sluice::submission
