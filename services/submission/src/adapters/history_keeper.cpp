// See history_keeper.hpp. Each step may fail by itself; the next round makes up for it.
#include "history_keeper.hpp"

#include "sluice/observe/log.hpp"

#include <map>

namespace sluice::submission {
namespace {

using days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

// Made ahead: this many partitions' lengths. Nobody needs to look after it for that long.
constexpr std::int64_t partitions_ahead = 3;
constexpr std::size_t at_once = 500;
// No result is on its way for longer: far beyond the lifetime of any submission.
constexpr days late_results{2};

}  // namespace

history_keeper::history_keeper(
    asio::any_io_executor executor,
    postgres_history& store,
    live_copies& copies,
    const clock& time,
    retention_rules rules
)
    : store_(store)
    , copies_(copies)
    , time_(time)
    , rules_(rules)
    , stopped_(std::move(executor))
    , deleted_(observe::metrics::instance().get_counter(
          "sluice_submission_history_deleted_total",
          "submissions that were deleted because their owner has more than history.keep_count"
      )) {}

awaitable<void> history_keeper::run() {
    for (;;) {
        const auto done = co_await sweep();
        if (!done) observe::warn({}, "history_sweep_failed", {{"error", done.error()}});
        if (done && done->partitions_made + done->partitions_dropped + done->deleted > 0) {
            observe::info(
                {},
                "history_swept",
                {{"partitions_made", done->partitions_made},
                 {"partitions_dropped", done->partitions_dropped},
                 {"deleted", done->deleted}}
            );
        }
        const auto ended = co_await stopped_.wait(deadline::in(rules_.interval));
        if (ended || ended.error() != errc::timeout) co_return;
    }
}

awaitable<result<history_keeper::swept>> history_keeper::sweep() {
    swept done;
    auto held = co_await store_.lock_retention();
    if (!held && held.error() == errc::conflict) co_return done;
    if (!held) co_return held.error();
    const auto until = time_.now() + days(partitions_ahead * rules_.partition_days);
    const auto made = co_await store_.add_partitions(until, rules_.partition_days);
    if (!made) co_return made.error();
    done.partitions_made = *made;
    SLUICE_CO_TRY(co_await drop_old(done));
    SLUICE_CO_TRY(co_await delete_beyond(done));
    const auto forgotten = co_await store_.forget_deletions(time_.now() - late_results);
    if (!forgotten) co_return forgotten.error();
    // And not when the connection is given back, which takes its time: whoever sweeps next, here or
    // elsewhere, must find it free.
    SLUICE_CO_TRY(co_await held->commit());
    co_return done;
}

awaitable<result<void>> history_keeper::drop_old(swept& done) {
    if (rules_.keep_days == 0) co_return result<void>();
    const wall_time before = time_.now() - days(rules_.keep_days);
    const auto dropped = co_await store_.drop_partitions(before);
    if (!dropped) co_return dropped.error();
    done.partitions_dropped = *dropped;
    const auto batches = co_await store_.remove_empty_batches(before);
    if (!batches) co_return batches.error();
    co_return result<void>();
}

awaitable<result<void>> history_keeper::delete_beyond(swept& done) {
    if (rules_.keep_count == 0) co_return result<void>();
    history_ports ports;
    ports.store = &store_;
    ports.copies = &copies_;
    while (!stopped_.is_set()) {
        auto found = co_await store_.beyond(rules_.keep_count, at_once);
        if (!found) co_return found.error();
        const bool is_last = found->size() < at_once;
        std::map<user_id, std::vector<ended_submission>> by_owner;
        for (auto& s : *found)
            by_owner[s.owner].push_back(std::move(s));
        std::int64_t count = 0;
        for (auto& [owner, all] : by_owner) {
            const auto gone = co_await delete_ended(ports, owner, std::move(all));
            if (!gone) co_return gone.error();
            count += *gone;
        }
        done.deleted += count;
        deleted_.increment(static_cast<double>(count));
        if (is_last || count == 0) break;
    }
    co_return result<void>();
}

}  // namespace sluice::submission
