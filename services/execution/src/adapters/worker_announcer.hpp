// Tells Redis that this worker lives and what it can run, so that the API can list languages. Best
// effort: without Redis the worker runs on.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/messages/json.hpp"
#include "sluice/redis/client.hpp"
#include "sluice/runtime/event.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace sluice::execution {

inline constexpr std::chrono::seconds announcement_lifetime{30};

// ZADD sluice:workers <expiry> <id>, SET sluice:worker:<id> <report> EX 30.
std::vector<std::vector<std::string>>
announcement(const messages::worker_report& report, wall_time now);
// What takes them back.
std::vector<std::vector<std::string>> withdrawal(const std::string& worker_id);

class worker_announcer {
public:
    worker_announcer(
        asio::any_io_executor executor,
        redis::client& redis,
        const clock& time,
        messages::worker_report report,
        std::chrono::milliseconds every
    );
    // Until stop(): announces, and connects first when there is no connection yet. Afterwards the
    // announcement is withdrawn.
    awaitable<void> run();
    void stop() { stopped_.set(); }

private:
    awaitable<void> announce_once();

    redis::client& redis_;
    const clock& time_;
    messages::worker_report report_;
    std::chrono::milliseconds every_;
    runtime::event stopped_;
    bool was_well_ = true;
    bool was_announced_ = false;
};

}  // namespace sluice::execution
