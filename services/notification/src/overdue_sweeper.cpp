// See overdue_sweeper.hpp.
#include "overdue_sweeper.hpp"

#include "use_cases/end_without_result.hpp"
#include "use_cases/persist_results.hpp"

#include "sluice/observe/log.hpp"

#include <algorithm>

namespace sluice::notification {
namespace {

// Rows whose transaction was not yet visible, and clocks that differ a little.
constexpr std::chrono::minutes overlap{1};

}  // namespace

awaitable<void> overdue_sweeper::run() {
    for (;;) {
        auto stopped = co_await stop_.wait(deadline::in(settings_.interval));
        if (stopped || stopped.error() != errc::timeout) co_return;
        co_await sweep();
    }
}

awaitable<std::size_t> overdue_sweeper::sweep() {
    std::size_t ended = 0;
    const wall_time to = ports_.time.now() - settings_.grace;
    const wall_time from = swept_until_ ? *swept_until_ - overlap : to - settings_.lookback;
    for (;;) {
        auto depth = co_await queue_depth_();
        if (!depth || *depth > 0) co_return ended;
        auto found = co_await ports_.store.overdue(from, to, settings_.batch);
        if (!found) {
            observe::warn({}, "sweep_failed", {{"error", found.error()}});
            co_return ended;
        }
        if (found->empty()) break;
        std::vector<domain::run_result> results;
        for (const domain::submission_view& v : *found)
            results.push_back(end_overdue(v, ports_.time.now()));
        const auto fates = co_await persist_results(ports_, std::move(results));
        const auto done = std::ranges::count(fates, fate::done);
        if (std::ranges::count(fates, fate::give_back) > 0) co_return ended;
        ended += static_cast<std::size_t>(done);
        ports_.metrics.swept.increment(static_cast<double>(done));
        observe::warn({}, "overdue_ended", {{"submissions", done}});
        // What the database refuses stays; it must not keep the rest from being swept.
        if (done == 0 || static_cast<std::int64_t>(found->size()) < settings_.batch) break;
    }
    swept_until_ = to;
    co_return ended;
}

}  // namespace sluice::notification
