// What the dispatcher of webhooks needs: the queue of deliveries, and a way to send one.
#pragma once

#include "ports.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::notification {

enum class webhook_event { submission_finished, batch_finished };

struct webhook_delivery {
    uuid id;
    uuid claim;  // whoever has another one has lost it
    webhook_event event = webhook_event::submission_finished;
    uuid subject;  // a submission or a batch
    sluice::user_id user_id;
    std::string url;
    std::string host;  // with its port
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> secrets;  // the present one first
    std::int64_t attempt = 0;          // this one's number
    std::int64_t tries = 0;            // with this one, since `since`
    wall_time since;
};

// How many of each this process has on their way.
struct webhook_load {
    std::map<std::string, std::int64_t> hosts;
    std::map<std::string, std::int64_t> users;
};

struct webhook_limits {
    std::int64_t free_places = 0;
    std::int64_t per_host = 0;
    std::int64_t per_user = 0;
    std::chrono::milliseconds lease{};
};

// What came of one attempt.
struct webhook_answer {
    std::optional<long> http_status;
    std::string error;      // for the log of the user; empty: there was an answer
    std::string address;    // that was connected to
    std::string response;   // the first bytes of the body
    bool is_final = false;  // another attempt would end the same way
    wall_time at;
    std::chrono::milliseconds took{};
};

struct webhook_verdict {
    enum class kind { delivered, again, failed };
    kind what = kind::failed;
    std::chrono::milliseconds pause{};  // with again
};

class webhook_queue {
public:
    virtual ~webhook_queue() = default;
    // Those that are due, oldest first, no more than the limits allow beside the load. A claim that
    // is not settled ends with its lease.
    virtual awaitable<result<std::vector<webhook_delivery>>>
    claim(webhook_limits limits, webhook_load load) = 0;
    // nullopt: deleted meanwhile.
    virtual awaitable<result<std::optional<stored_result>>> read_result(submission_id id) = 0;
    virtual awaitable<result<void>>
    settle(webhook_delivery delivery, webhook_answer answer, webhook_verdict verdict) = 0;
    // Those that ended, or were made, longer ago; how many went. At most some thousands at a time.
    virtual awaitable<result<std::int64_t>> forget(std::chrono::milliseconds older_than) = 0;
    virtual awaitable<result<std::int64_t>> due() = 0;  // how many wait for a place, up to 10000
};

struct webhook_request {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

class webhook_sender {
public:
    virtual ~webhook_sender() = default;
    virtual awaitable<webhook_answer> send(webhook_request request) = 0;
};

}  // namespace sluice::notification
