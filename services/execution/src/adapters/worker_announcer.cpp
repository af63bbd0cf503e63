// See worker_announcer.hpp.
#include "adapters/worker_announcer.hpp"

#include "decisions.hpp"

#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"

#include <utility>

namespace sluice::execution {
namespace {

constexpr std::chrono::milliseconds connect_moment{250};
constexpr std::chrono::milliseconds retry_after{1000};

}  // namespace

std::vector<std::vector<std::string>>
announcement(const messages::worker_report& report, wall_time now) {
    const wall_time expiry = now + announcement_lifetime;
    return {
        {"ZADD",
         std::string(messages::keys::worker_index),
         std::to_string(unix_ms(expiry)),
         report.worker_id},
        {"SET",
         messages::keys::worker(report.worker_id),
         messages::encode_worker_report(report),
         "EX",
         std::to_string(announcement_lifetime.count())},
    };
}

std::vector<std::vector<std::string>> withdrawal(const std::string& worker_id) {
    return {
        {"ZREM", std::string(messages::keys::worker_index), worker_id},
        {"DEL", messages::keys::worker(worker_id)},
    };
}

worker_announcer::worker_announcer(
    asio::any_io_executor executor,
    redis::client& redis,
    const clock& time,
    messages::worker_report report,
    std::chrono::milliseconds every
)
    : redis_(redis)
    , time_(time)
    , report_(std::move(report))
    , every_(every)
    , stopped_(std::move(executor)) {}

awaitable<void> worker_announcer::run() {
    for (;;) {
        // The client connects by itself; this only waits a moment for it, so that the first
        // announcement is made at once and a stop is not kept waiting.
        auto connected = co_await redis_.connect(deadline::in(connect_moment));
        if (!connected && is_interruption(connected.error())) co_return;
        co_await announce_once();
        const auto pause = was_well_ ? every_ : std::min(every_, retry_after);
        auto stopped = co_await stopped_.wait(deadline::in(pause));
        if (stopped) break;
        if (!(stopped.error() == errc::timeout)) co_return;
    }
    auto commands = withdrawal(report_.worker_id);
    const auto answers = co_await redis_.pipeline(std::move(commands));
    (void)answers;  // without Redis the announcement runs out by itself
}

awaitable<void> worker_announcer::announce_once() {
    auto commands = announcement(report_, time_.now());
    const auto answers = co_await redis_.pipeline(std::move(commands));
    std::optional<error> first;
    for (const auto& answer : answers) {
        if (!answer && !first) first = answer.error();
    }
    // Once when it breaks and once when it is well again, not every ten seconds.
    if (first && was_well_) {
        observe::warn({}, "announcement_failed", {{"error", *first}});
    } else if (!first && !(was_well_ && was_announced_)) {
        observe::info({}, "announced");
        was_announced_ = true;
    }
    was_well_ = !first;
}

}  // namespace sluice::execution
