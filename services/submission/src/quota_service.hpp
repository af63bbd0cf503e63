// Everything that quotas need, put together in one place for app.cpp: the desk that is asked, and
// what publishes held tasks and compares the sums in the background.
#pragma once

#include "adapters/postgres_held.hpp"
#include "adapters/postgres_quotas.hpp"
#include "adapters/redis_flight.hpp"
#include "adapters/redis_meter.hpp"
#include "config.hpp"
#include "quotas/admission_keeper.hpp"
#include "quotas/fair_releaser.hpp"
#include "quotas/quota_desk.hpp"

#include "sluice/runtime/gate.hpp"

namespace sluice::submission {

class quota_service {
public:
    quota_service(
        asio::any_io_executor executor,
        postgres::pool& pool,
        redis::client& redis,
        task_queue& queue,
        worker_reader& workers,
        const clock& time,
        admission_keeper::depth_reader depth,
        const config& c
    );
    quota_desk& desk() { return desk_; }
    awaitable<result<void>> connect(deadline until);
    void change(const config& c);
    void spawn(runtime::gate& tasks);
    void stop();
    awaitable<void> close();

private:
    postgres_held held_;
    redis_flight flight_;
    redis_meter meter_;
    postgres_quotas store_;
    queue_level level_;
    quota_desk desk_;
    fair_releaser releaser_;
    admission_keeper keeper_;
};

}  // namespace sluice::submission
