// See worker_slots.hpp.
#include "worker_slots.hpp"

#include "sluice/core/assert.hpp"

#include <algorithm>
#include <utility>

namespace sluice::execution {

worker_slots::worker_slots(
    asio::any_io_executor executor,
    std::size_t slots,
    std::size_t max_publishing
)
    : count_(slots), max_publishing_(max_publishing), served_(slots), free_(std::move(executor)) {
    SLUICE_ASSERT(slots > 0 && max_publishing > 0);
    for (std::size_t i = 0; i < slots; ++i)
        idle_.push_back(i);
    free_.set();
}

awaitable<result<worker_slots::lease>> worker_slots::acquire() {
    for (;;) {
        if (is_closed_) co_return fail(errc::shutting_down);
        if (may_take()) {
            ++running_;
            changed();
            co_return lease(*this);
        }
        auto waited = co_await free_.wait();
        if (!waited) co_return std::move(waited).error();
    }
}

void worker_slots::close() {
    is_closed_ = true;
    free_.set();
}

void worker_slots::changed() {
    if (is_closed_ || may_take()) {
        free_.set();
    } else {
        free_.reset();
    }
}

worker_slots::lease::lease(lease&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr))
    , index_(std::exchange(other.index_, std::nullopt))
    , language_(std::move(other.language_))
    , is_running_(other.is_running_) {}

worker_slots::lease::~lease() {
    if (owner_ == nullptr) return;
    end_run();
    SLUICE_ASSERT(owner_->publishing_ > 0);
    --owner_->publishing_;
    owner_->changed();
}

std::size_t worker_slots::lease::index() {
    SLUICE_ASSERT(is_running_);
    if (!index_) choose();
    return *index_;
}

void worker_slots::lease::choose() {
    std::deque<std::size_t>& idle = owner_->idle_;
    SLUICE_ASSERT(!idle.empty());
    const auto served = [&](std::size_t slot) -> std::string& { return owner_->served_[slot]; };
    auto best = std::ranges::find(idle, language_, served);
    if (best == idle.end()) best = std::ranges::find(idle, std::string(), served);
    if (best == idle.end()) best = idle.begin();
    index_ = *best;
    idle.erase(best);
    served(*index_) = language_;
}

void worker_slots::lease::swap() {
    SLUICE_ASSERT(is_running_);
    if (!index_ || owner_->idle_.empty()) return;
    const std::size_t failed = *index_;
    choose();
    owner_->idle_.push_back(failed);
}

void worker_slots::lease::end_run() {
    if (!is_running_) return;
    is_running_ = false;
    if (index_) owner_->idle_.push_back(*index_);
    index_.reset();
    SLUICE_ASSERT(owner_->running_ > 0);
    --owner_->running_;
    ++owner_->publishing_;
    owner_->changed();
}

}  // namespace sluice::execution
