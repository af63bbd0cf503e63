// Where RabbitMQ is and how to reach it. The URL carries user and password, so it is a secret.
#pragma once

#include "sluice/core/config.hpp"

#include <chrono>
#include <string>

namespace sluice::amqp {

struct config {
    secret url{"amqp://guest:guest@127.0.0.1:5672/"};  // amqps:// for TLS; percent-encoded user,
                                                       // password, vhost
    std::string ca_file;  // for amqps: PEM bundle; peer and host name are verified
    std::string client_certificate_file;
    std::string client_key_file;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds heartbeat{15000};
};
void describe(config_visitor& v, config& c);

}  // namespace sluice::amqp
