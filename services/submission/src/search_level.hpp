// How many job searches this replica follows at a time, with a bound: each holds subscriptions and
// a page of results until its batch has ended or its client has gone.
#pragma once

#include "sluice/observe/metrics.hpp"

#include <cstdint>
#include <utility>

namespace sluice::submission {

class search_level {
public:
    search_level(std::int64_t maximum, observe::gauge shown) : maximum_(maximum), shown_(shown) {}

    // A place among them, given back when it goes out of scope.
    class place {
    public:
        place() = default;
        explicit place(search_level* level) : level_(level) {}
        place(place&& other) noexcept : level_(std::exchange(other.level_, nullptr)) {}
        place& operator=(place&& other) noexcept {
            std::swap(level_, other.level_);
            return *this;
        }
        ~place() {
            if (level_ != nullptr) level_->leave();
        }
        explicit operator bool() const { return level_ != nullptr; }

    private:
        search_level* level_ = nullptr;
    };

    // Empty when all places are taken.
    place enter() {
        if (count_ >= maximum_) return place(nullptr);
        shown_.set(static_cast<double>(++count_));
        return place(this);
    }

private:
    void leave() { shown_.set(static_cast<double>(--count_)); }

    std::int64_t maximum_;
    observe::gauge shown_;
    std::int64_t count_ = 0;
};

}  // namespace sluice::submission
