// See admin_service.hpp.
#include "admin_service.hpp"

#include "use_cases/change_settings.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

constexpr std::chrono::seconds depth_timeout{2};
// Redis may have been emptied; whoever starts then should find the values soon.
constexpr std::chrono::seconds shown_every{30};
constexpr std::chrono::seconds retry_after{2};

}  // namespace

awaitable<std::vector<queue_depth>> amqp_queues::depths() {
    const std::array<std::string, 5> queues{
        names_.submission_queue,
        names_.execution_queue,
        names_.progress_queue,
        names_.submission_dead,
        names_.execution_dead};
    std::vector<queue_depth> all;
    for (const std::string& name : queues) {
        queue_depth d;
        d.queue = name;
        const auto found = co_await publisher_.depth(name, deadline::in(depth_timeout));
        if (found) {
            d.ready = *found;
        } else {
            d.problem = found.error() == errc::not_found ? "there is no such queue yet"
                                                         : "the broker cannot be asked";
        }
        all.push_back(std::move(d));
    }
    co_return all;
}

awaitable<std::optional<std::int64_t>> amqp_queues::queued() {
    std::optional<std::int64_t> out;
    const auto found =
        co_await publisher_.depth(names_.submission_queue, deadline::in(depth_timeout));
    if (found) out = static_cast<std::int64_t>(*found);
    co_return out;
}

awaitable<std::optional<std::int64_t>> admin_service::queued() {
    co_return co_await queues_.queued();
}

admin_service::admin_service(
    asio::any_io_executor executor,
    redis::client& redis,
    redis::config redis_config,
    amqp::config broker,
    postgres::pool& pool,
    messages::queue_names names,
    const clock& time
)
    : asker_(executor, "admin", std::move(broker), amqp::topology{})
    , fleet_(executor, redis, std::move(redis_config), time)
    , store_(pool)
    , queues_(asker_, std::move(names))
    , stopping_(executor)
    , ports_{fleet_, store_, queues_, time} {}

awaitable<void> admin_service::connect(deadline until) {
    const auto heard = co_await fleet_.connect(until);
    const auto broker = co_await asker_.connect(until);
    if (!heard || !broker) observe::warn({}, "admin_server_away");
}

awaitable<void> admin_service::run() {
    bool was_well = true;
    while (!stopping_.is_set()) {
        const auto shown = co_await show_settings(ports_);
        if (!shown && was_well) {
            observe::warn({}, "settings_not_shown", {{"error", shown.error()}});
        }
        was_well = shown.has_value();
        const auto pause = deadline::in(was_well ? shown_every : retry_after);
        const auto stopped = co_await stopping_.wait(pause);
        if (!stopped && stopped.error() == errc::cancelled) co_return;
    }
}

awaitable<void> admin_service::close() {
    co_await asker_.close();
    co_await fleet_.close();
}

}  // namespace sluice::submission
