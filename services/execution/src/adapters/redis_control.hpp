// Control streams of the submissions that run here. One channel for all workers says which stream
// to read: nothing is subscribed or polled for a run, and a run that nobody steers costs one read.
#pragma once

#include "live_ports.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/redis/client.hpp"
#include "sluice/redis/subscriber.hpp"
#include "sluice/runtime/event.hpp"

#include <unordered_map>

namespace sluice::execution {

class redis_control final : public control_source {
public:
    redis_control(
        asio::any_io_executor executor,
        redis::client& redis,
        redis::config c,
        runtime::gate& gate
    );
    // Listens, as soon as Redis is there; ends with that, or with close().
    awaitable<void> run();
    // Success: from now on no wake-up is missed but in the gaps that are read up by themselves.
    awaitable<result<void>> wait_ready(deadline until) { return ready_.wait(until); }
    awaitable<void> close();

    std::unique_ptr<control_feed> open(submission_id id, handler on_message) override;
    awaitable<result<wall_time>> watched_until(submission_id id) override;

private:
    struct stream;
    class feed;
    void wake(std::string_view id);
    void start_reading(const std::shared_ptr<stream>& s);
    awaitable<void> read(std::shared_ptr<stream> s);
    awaitable<bool> read_page(std::shared_ptr<stream> s);

    asio::any_io_executor executor_;
    redis::client& redis_;
    runtime::gate& gate_;
    redis::subscriber subscriber_;
    runtime::event ready_;
    runtime::event stopped_;
    std::unordered_map<std::string, std::shared_ptr<stream>> open_;
};

}  // namespace sluice::execution
