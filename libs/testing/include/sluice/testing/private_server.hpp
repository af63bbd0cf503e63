// Real servers for component tests: each starts on a free loopback port in a temporary folder of
// its own and is stopped by pid. Start-up failure throws with the server's own log.
#pragma once

#include <memory>
#include <string>

namespace sluice::testing {

class private_server {
public:
    virtual ~private_server() = default;  // kills the server, removes its folder
    virtual std::string url() const = 0;  // "redis://127.0.0.1:1234", "postgresql://…", "amqp://…"
    virtual int port() const = 0;
    virtual void kill_hard() = 0;  // SIGKILL, folder kept
    virtual void restart() = 0;    // same port, same data
};

std::unique_ptr<private_server> start_redis();
std::unique_ptr<private_server> start_postgres();
std::unique_ptr<private_server> start_rabbitmq();  // about 4 s; share it between cases

}  // namespace sluice::testing
