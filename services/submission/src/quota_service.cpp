// See quota_service.hpp.
#include "quota_service.hpp"

namespace sluice::submission {
namespace {

template <class Section>
quota_limits quota_limits_of(const Section& c) {
    return {
        c.requests_per_second,
        c.submissions_in_flight,
        c.cpu_seconds_per_day,
        c.stored_bytes.value};
}

quota_settings quota_settings_of(const quotas_section& c) {
    return {quota_limits_of(c.user), quota_limits_of(c.per_key), c.window};
}

queue_level make_queue_level(const quotas_section& c) {
    auto& m = observe::metrics::instance();
    return {
        c.max_queued,
        m.get_gauge("sluice_submission_queued", "tasks in the submission queue, as last looked at"),
        m.get_gauge("sluice_submission_held", "accepted tasks that wait for their user's turn")};
}

}  // namespace

quota_service::quota_service(
    asio::any_io_executor executor,
    postgres::pool& pool,
    redis::client& redis,
    task_queue& queue,
    worker_reader& workers,
    const clock& time,
    admission_keeper::depth_reader depth,
    const config& c
)
    : held_(pool)
    , flight_(redis, time)
    , meter_(redis, time)
    , store_(pool)
    , level_(make_queue_level(c.quotas))
    , desk_(store_, flight_, meter_, level_, workers, time, quota_settings_of(c.quotas))
    , releaser_(
          executor,
          c.redis,
          held_,
          flight_,
          queue,
          time,
          [this] { return desk_.window(); },
          c.submissions.lifetime
      )
    , keeper_(executor, held_, flight_, workers, level_, time, std::move(depth)) {
    desk_.use(releaser_);
}

awaitable<result<void>> quota_service::connect(deadline until) {
    co_return co_await releaser_.connect(until);
}

void quota_service::change(const config& c) {
    desk_.change(quota_settings_of(c.quotas));
    level_.change_maximum(c.quotas.max_queued);
    releaser_.change(c.submissions.lifetime);
}

void quota_service::spawn(runtime::gate& tasks) {
    tasks.spawn("fair_releaser", releaser_.run());
    tasks.spawn("admission_keeper", keeper_.run());
}

void quota_service::stop() {
    releaser_.stop();
    keeper_.stop();
}

awaitable<void> quota_service::close() {
    co_await releaser_.close();
}

}  // namespace sluice::submission
