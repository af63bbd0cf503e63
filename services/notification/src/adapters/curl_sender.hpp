// Sends webhooks with libcurl, each on a thread of a bounded pool. The wall between a user's URL
// and this network is here: see curl_sender.cpp.
#pragma once

#include "../webhook_ports.hpp"

#include "sluice/core/units.hpp"
#include "sluice/runtime/blocking_pool.hpp"

namespace sluice::notification {

struct sender_settings {
    std::size_t threads = 16;
    bool allow_loopback = false;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds timeout{10000};  // of the whole attempt
    std::string ca_file;                       // empty: the system's
};

class curl_sender final : public webhook_sender {
public:
    explicit curl_sender(sender_settings settings);
    awaitable<webhook_answer> send(webhook_request request) override;

private:
    sender_settings settings_;
    runtime::blocking_pool pool_;
};

}  // namespace sluice::notification
