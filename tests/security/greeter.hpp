// A TCP server of the test on an address of the host's loopback, in a thread of its own.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace sluice::sandbox::test {

class greeter {
public:
    enum class behaviour {
        greet,  // "hello ", what it was told, and the end
        echo,
        resolve_to_loopback,  // a name server that answers every question with 127.0.0.1
    };
    explicit greeter(
        const std::string& address = "127.0.0.1",
        unsigned port = 0,
        behaviour how = behaviour::greet
    );
    ~greeter();
    greeter(const greeter&) = delete;
    greeter& operator=(const greeter&) = delete;

    std::string port() const { return std::to_string(port_); }
    int connections() const { return connections_; }
    // False when some are still open after ten seconds.
    bool wait_until_all_closed() const;

private:
    void serve(behaviour how);

    int listener_;
    int stop_[2] = {-1, -1};
    unsigned port_ = 0;
    std::atomic<int> connections_{0};
    std::atomic<int> open_{0};
    std::thread thread_;
};

}  // namespace sluice::sandbox::test
