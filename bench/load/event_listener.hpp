// Holds one WebSocket connection and notes when each submission.finished frame arrived.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::bench {

class event_listener {
public:
    using clock = std::chrono::steady_clock;

    // Throws std::runtime_error when the connection is refused.
    event_listener(const std::string& host, int port, const std::string& token);
    ~event_listener();

    // Arrival times by submission id; waits until `count` have come or `limit` has passed.
    std::map<std::string, clock::time_point>
    wait_for(std::size_t count, std::chrono::seconds limit);

private:
    void read_frames();

    int fd_ = -1;
    std::string buffer_;
    std::mutex mutex_;
    std::condition_variable_any arrived_;
    std::map<std::string, clock::time_point> finished_;
    std::thread reader_;
};

}  // namespace sluice::bench
