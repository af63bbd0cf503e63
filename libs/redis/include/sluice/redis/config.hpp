// Where Redis is. The URL carries user and password, so it is a secret.
#pragma once

#include "sluice/core/config.hpp"

#include <chrono>
#include <string>

namespace sluice::redis {

struct config {
    secret url{"redis://127.0.0.1:6379/0"};  // redis://[user[:password]@]host[:port][/db], or
                                             // unix:///path/socket
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds command_timeout{2000};
};
void describe(config_visitor& v, config& c);

}  // namespace sluice::redis
