// One AMQP 0-9-1 message with the properties that Sluice uses.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sluice::amqp {

struct message {
    std::string body;
    std::string content_type;
    std::string message_id;
    std::string correlation_id;
    std::map<std::string, std::string>
        headers;  // text; integer headers of a delivery arrive printed
    bool is_persistent = true;
    std::int64_t expiration_ms = 0;  // 0: none
};

}  // namespace sluice::amqp
