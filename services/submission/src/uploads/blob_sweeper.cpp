// See blob_sweeper.hpp.
#include "blob_sweeper.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

constexpr std::size_t orphans_at_once = 32;
// What could not be removed is tried again after this.
constexpr std::chrono::minutes orphan_lease{10};

}  // namespace

blob_sweeper::blob_sweeper(
    asio::any_io_executor executor,
    upload_ports& p,
    std::chrono::milliseconds interval
)
    : ports_(p)
    , interval_(interval)
    , stopping_(executor)
    , swept_(observe::metrics::instance().get_counter(
          "sluice_submission_swept_blobs_total",
          "stored bytes without an upload that were removed"
      )) {}

awaitable<void> blob_sweeper::run() {
    while (!stopping_.is_set()) {
        result<std::size_t> swept = std::size_t{0};
        do {
            swept = co_await sweep();
        } while (swept && *swept == orphans_at_once && !stopping_.is_set());
        if (!swept) observe::warn({}, "blob_sweep_failed", {{"error", swept.error()}});
        const auto woken = co_await stopping_.wait(deadline::in(interval_));
        if (!woken && woken.error() == errc::cancelled) co_return;
    }
}

awaitable<result<std::size_t>> blob_sweeper::sweep() {
    const auto orphans = co_await ports_.rows.claim_orphans(orphans_at_once, orphan_lease);
    if (!orphans) co_return orphans.error();
    std::size_t removed = 0;
    for (const uuid& blob : *orphans) {
        if (stopping_.is_set()) break;
        const auto gone = co_await ports_.blobs.remove(blob);
        if (!gone) co_return gone.error();
        const auto forgotten = co_await ports_.rows.forget(blob);
        if (!forgotten) co_return forgotten.error();
        ++removed;
    }
    if (removed > 0) observe::info({}, "blobs_swept", {{"count", removed}});
    swept_.increment(static_cast<double>(removed));
    co_return removed;
}

}  // namespace sluice::submission
