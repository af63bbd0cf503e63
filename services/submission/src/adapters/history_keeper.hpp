// Retention: drops history by age and by count, in the background and in one process at a time.
// Theory of operation: age drops whole partitions, so that it costs the same whatever is in them;
// what is younger than a partition is long stays until all of its partition is old enough. Count
// deletes row by row, as a user would. Partitions for the weeks to come are made here too.
#pragma once

#include "../use_cases/delete_submissions.hpp"
#include "postgres_history.hpp"

#include "sluice/observe/metrics.hpp"
#include "sluice/runtime/event.hpp"

namespace sluice::submission {

struct retention_rules {
    std::int64_t keep_days = 0;   // 0: for ever
    std::int64_t keep_count = 0;  // of each user; 0: all
    std::int64_t partition_days = 7;
    std::chrono::milliseconds interval{std::chrono::hours(1)};
};

class history_keeper {
public:
    history_keeper(
        asio::any_io_executor executor,
        postgres_history& store,
        live_copies& copies,
        const clock& time,
        retention_rules rules
    );

    awaitable<void> run();  // until stop()
    void stop() { stopped_.set(); }
    void change(retention_rules rules) { rules_ = rules; }

    struct swept {
        std::int64_t partitions_made = 0, partitions_dropped = 0, deleted = 0;
    };
    // One round of all; nothing is done when another process is at it. Public for tests.
    awaitable<result<swept>> sweep();

private:
    awaitable<result<void>> drop_old(swept& done);
    awaitable<result<void>> delete_beyond(swept& done);

    postgres_history& store_;
    live_copies& copies_;
    const clock& time_;
    retention_rules rules_;
    runtime::event stopped_;
    observe::counter deleted_;
};

}  // namespace sluice::submission
