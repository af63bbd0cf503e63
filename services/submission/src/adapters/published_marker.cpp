// After the first mark it lingers, so that those of the next moments share the statement. The
// linger is far below the age at which the sweeper takes an unmarked row for unpublished.
#include "published_marker.hpp"

#include "sluice/observe/log.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

constexpr std::size_t max_waiting = 20'000;
constexpr std::size_t max_batch = 1000;
constexpr std::chrono::milliseconds linger{100};
constexpr std::chrono::seconds pause_after_failure{1};

}  // namespace

published_marker::published_marker(
    asio::any_io_executor executor,
    postgres_outbox& outbox,
    const clock& time
)
    : outbox_(outbox), time_(time), some_(executor), stopping_(executor) {}

void published_marker::published(submission_id id) {
    if (waiting_.size() >= max_waiting) return;
    waiting_.push_back(id);
    some_.set();
}

void published_marker::stop() {
    stopping_.set();
    some_.set();
}

awaitable<void> published_marker::run() {
    while (!stopping_.is_set()) {
        const auto woken = co_await some_.wait();
        if (!woken) co_return;
        co_await stopping_.wait(deadline::in(linger));
        const bool written = co_await flush();
        if (!written) co_await stopping_.wait(deadline::in(pause_after_failure));
    }
    while (!waiting_.empty()) {
        const bool written = co_await flush();
        if (!written) co_return;  // the sweeper of another replica, or of the next start, does it
    }
}

awaitable<bool> published_marker::flush() {
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), max_batch));
    std::vector<submission_id> batch(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    if (waiting_.empty() && !stopping_.is_set()) some_.reset();
    if (batch.empty()) co_return true;
    const auto done = co_await outbox_.mark_published(batch, time_.now());
    if (done) co_return true;
    observe::warn({}, "published_marks_deferred", {{"error", done.error()}});
    for (const auto& id : batch)
        published(id);
    co_return false;
}

}  // namespace sluice::submission
