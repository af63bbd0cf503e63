// See worker_slots.hpp. Whoever waits for a sandbox stands in a line with a place of its own, and
// is handed the sandbox itself, not the news that there is one: nobody can step in between.
#include "worker_slots.hpp"

#include "sluice/core/assert.hpp"

#include <algorithm>
#include <utility>

namespace sluice::execution {

struct worker_slots::waiter {
    explicit waiter(asio::any_io_executor executor) : served(std::move(executor)) {}
    runtime::event served;  // set with an index, or without one when the worker drains
    std::optional<std::size_t> index;
};

// Leaves the line however its coroutine ends; an index that came too late goes back.
class worker_slots::place_in_line {
public:
    place_in_line(worker_slots& owner, std::list<waiter*>& line, waiter& w)
        : owner_(owner), line_(line), waiter_(w) {
        line_.push_back(&waiter_);
    }
    ~place_in_line() {
        line_.remove(&waiter_);
        if (waiter_.index) owner_.give_back(*waiter_.index);
    }
    place_in_line(const place_in_line&) = delete;
    place_in_line& operator=(const place_in_line&) = delete;

private:
    worker_slots& owner_;
    std::list<waiter*>& line_;
    waiter& waiter_;
};

worker_slots::worker_slots(
    asio::any_io_executor executor,
    std::size_t slots,
    std::size_t max_publishing
)
    : executor_(executor)
    , count_(slots)
    , allowed_(slots)
    , max_publishing_(max_publishing)
    , served_(slots)
    , free_(executor) {
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

awaitable<result<worker_slots::lease>> worker_slots::borrow(std::string language) {
    if (is_closed_) co_return fail(errc::shutting_down);
    std::optional<std::size_t> index;
    if (has_room() && borrowers_.empty()) {
        index = take_idle(language);
    } else {
        auto given = co_await wait_in(borrowers_);
        if (!given) co_return std::move(given).error();
        index = *given;
        served_[*index] = language;
    }
    lease loan(*this);
    loan.language_ = std::move(language);
    loan.index_ = index;
    loan.recalled_ = std::make_shared<runtime::event>(executor_);
    lent_.push_back(loan.recalled_);
    // A task may have come to wait between the hand-over and now.
    if (!choosers_.empty()) recall_one();
    co_return loan;
}

awaitable<result<std::size_t>> worker_slots::wait_in(std::list<waiter*>& line) {
    waiter w(executor_);
    const place_in_line here(*this, line, w);
    auto waited = co_await w.served.wait();
    if (!waited) co_return std::move(waited).error();
    if (!w.index) co_return fail(errc::shutting_down);
    co_return *std::exchange(w.index, std::nullopt);
}

void worker_slots::close() {
    is_closed_ = true;
    free_.set();
    for (waiter* each : borrowers_)
        each->served.set();
}

void worker_slots::use(std::size_t slots) {
    allowed_ = std::clamp<std::size_t>(slots, 1, count_);
    for (std::size_t above = busy() > allowed_ ? busy() - allowed_ : 0; above > 0; --above)
        recall_one();
    serve_waiting();
    changed();
}

void worker_slots::change_max_publishing(std::size_t most) {
    max_publishing_ = std::max<std::size_t>(most, 1);
    changed();
}

// After there came to be more room; give_back() serves when a sandbox comes back.
void worker_slots::serve_waiting() {
    while (has_room() && !(choosers_.empty() && (borrowers_.empty() || is_closed_))) {
        const std::size_t index = idle_.front();
        idle_.pop_front();
        give_back(index);
    }
}

void worker_slots::changed() {
    if (is_closed_ || may_take()) {
        free_.set();
    } else {
        free_.reset();
    }
}

std::size_t worker_slots::take_idle(const std::string& language) {
    SLUICE_ASSERT(!idle_.empty());
    const auto served = [this](std::size_t slot) -> std::string& { return served_[slot]; };
    auto best = std::ranges::find(idle_, language, served);
    if (best == idle_.end()) best = std::ranges::find(idle_, std::string(), served);
    if (best == idle_.end()) best = idle_.begin();
    const std::size_t index = *best;
    idle_.erase(best);
    served_[index] = language;
    return index;
}

void worker_slots::give_back(std::size_t index) {
    // It counts as busy until it is idle again.
    const bool may_lend = !is_closed_ && busy() <= allowed_;
    for (auto* line : {&choosers_, &borrowers_}) {
        if (line->empty() || (line == &borrowers_ && !may_lend)) continue;
        waiter* first = line->front();
        line->pop_front();
        first->index = index;
        first->served.set();
        return;
    }
    idle_.push_back(index);
}

void worker_slots::recall_one() {
    if (lent_.empty()) return;  // as many as are needed are on their way back
    lent_.back()->set();
    lent_.pop_back();
}

worker_slots::lease::lease(lease&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr))
    , index_(std::exchange(other.index_, std::nullopt))
    , language_(std::move(other.language_))
    , is_running_(other.is_running_)
    , recalled_(std::move(other.recalled_)) {}

worker_slots::lease::~lease() {
    if (owner_ == nullptr) return;
    end_run();
    if (recalled_) return;
    SLUICE_ASSERT(owner_->publishing_ > 0);
    --owner_->publishing_;
    owner_->changed();
}

awaitable<result<void>> worker_slots::lease::choose() {
    SLUICE_ASSERT(is_running_);
    if (index_) co_return result<void>();
    if (!owner_->has_room()) {
        owner_->recall_one();
        auto given = co_await owner_->wait_in(owner_->choosers_);
        if (!given) co_return std::move(given).error();
        index_ = *given;
        owner_->served_[*index_] = language_;
        co_return result<void>();
    }
    index();
    co_return result<void>();
}

std::size_t worker_slots::lease::index() {
    SLUICE_ASSERT(is_running_);
    if (!index_) index_ = owner_->take_idle(language_);
    return *index_;
}

void worker_slots::lease::swap() {
    SLUICE_ASSERT(is_running_);
    if (!index_ || owner_->idle_.empty()) return;
    const std::size_t failed = *index_;
    index_ = owner_->take_idle(language_);
    owner_->idle_.push_back(failed);
}

void worker_slots::lease::end_run() {
    if (!is_running_) return;
    is_running_ = false;
    if (recalled_) std::erase(owner_->lent_, recalled_);
    if (index_) owner_->give_back(*index_);
    index_.reset();
    if (recalled_) return;
    SLUICE_ASSERT(owner_->running_ > 0);
    --owner_->running_;
    ++owner_->publishing_;
    owner_->changed();
}

}  // namespace sluice::execution
