// One librabbitmq connection, owned and used by one thread: connect, declare, frames in and out.
#pragma once

#include "sluice/amqp/config.hpp"
#include "sluice/amqp/message.hpp"
#include "sluice/amqp/topology.hpp"
#include "sluice/core/error.hpp"

#include <amqp.h>

#include <string>
#include <string_view>

namespace sluice::amqp {

amqp_bytes_t to_bytes(std::string_view text);
std::string to_string(amqp_bytes_t bytes);

// Properties and headers of a delivery, without its body; `delivery_count` is set when the header
// is there.
message to_message(const amqp_basic_properties_t& p, std::int64_t* delivery_count);

class wire {
public:
    wire() = default;
    ~wire();
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;

    result<void> connect(const std::string& name, const config& c);
    result<void> open_channel(amqp_channel_t channel);
    // On an open channel; errc::refused with the broker's sentence.
    result<void> declare(amqp_channel_t channel, const topology& t);
    result<void>
    publish(amqp_channel_t channel, const std::string& queue, const message& m, bool is_mandatory);
    result<void> send_method(amqp_channel_t channel, amqp_method_number_t id, void* decoded);
    // The next frame that is here, without waiting; false when there is none.
    result<bool> next_frame(amqp_frame_t& frame);
    // An error answer to a call that waits (open, declare, consume, qos).
    result<void> check_reply();
    // Says goodbye; bounded.
    void close();

    amqp_connection_state_t get() const { return state_; }
    int fd() const { return fd_; }
    const std::string& address() const { return address_; }  // no user, no password

private:
    result<void> open_socket(const amqp_connection_info& to, const config& c);
    result<void> log_in(const amqp_connection_info& to, const std::string& name, const config& c);
    result<void> check(int status, const char* what);

    amqp_connection_state_t state_ = nullptr;
    int fd_ = -1;
    std::string address_;
    bool is_open_ = false;
};

// Holds small writes back while it lives, so that a batch leaves in few packets.
class cork {
public:
    cork(int fd, bool is_wanted);
    ~cork();
    cork(const cork&) = delete;
    cork& operator=(const cork&) = delete;

private:
    int fd_;
};

}  // namespace sluice::amqp
