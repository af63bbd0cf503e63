// Looks at how much work waits, so that no request has to, and keeps the sets of what is in flight
// equal to PostgreSQL: entries whose end was missed are taken out, and when Redis has lost its data
// all of it is written again.
#pragma once

#include "../adapters/postgres_held.hpp"
#include "queue_level.hpp"

#include "sluice/runtime/event.hpp"

#include <functional>
#include <set>

namespace sluice::submission {

class admission_keeper {
public:
    // How many tasks stand in the queue; nullopt: cannot be told.
    using depth_reader = std::function<awaitable<std::optional<std::int64_t>>()>;

    admission_keeper(
        asio::any_io_executor executor,
        postgres_held& held,
        redis_flight& flight,
        worker_reader& workers,
        queue_level& level,
        const clock& time,
        depth_reader depth
    );
    awaitable<void> run();  // until stop()
    void stop() { stopping_.set(); }

    // Public for tests.
    awaitable<void> look();
    awaitable<result<void>> restore_if_lost();
    // How many entries were taken out.
    awaitable<result<std::size_t>> compare();

private:
    awaitable<result<std::size_t>> compare_user(user_id user);

    postgres_held& held_;
    redis_flight& flight_;
    worker_reader& workers_;
    queue_level& level_;
    const clock& time_;
    depth_reader depth_;
    runtime::event stopping_;
    steady_time next_compare_{};
};

}  // namespace sluice::submission
