// What quotas and fair admission need from the world, and what they are to the use cases.
#pragma once

#include "../admin_ports.hpp"
#include "../ports.hpp"
#include "limits.hpp"
#include "request_gate.hpp"
#include "token_bucket.hpp"

namespace sluice::submission {

// Requests per second, counted for all processes together; by itself while its server is away.
class request_meter {
public:
    virtual ~request_meter() = default;
    struct account {
        std::string whose;  // "user:…", "key:…"
        std::int64_t rate = 0;
    };
    // Takes from all or none; `cost` 0 only looks. One level for each, in order.
    virtual awaitable<std::vector<bucket_level>>
    take(std::vector<account> accounts, std::int64_t cost) = 0;
};

struct flight_rules {
    std::int64_t window = 0;
    quota_limits user, key;  // submissions_in_flight and stored_bytes are looked at
    std::int64_t stored_of_user = 0, stored_of_key = 0;  // beside what is in flight
};

struct flight_verdict {
    std::optional<quota_state> exceeded;  // nothing was taken in
    std::size_t released = 0;             // the first so many stand in the queue from now on
};

struct flight_level {
    std::int64_t user = 0, key = 0;              // submissions
    std::int64_t user_bytes = 0, key_bytes = 0;  // of their tasks
};

// What is in flight (sluice/messages/flight.hpp).
class flight_register {
public:
    virtual ~flight_register() = default;
    virtual awaitable<result<flight_verdict>>
    begin(quota_subject who, std::vector<admission_item> items, flight_rules rules) = 0;
    virtual awaitable<result<void>> end(user_id user, std::vector<submission_id> ids) = 0;
    virtual awaitable<result<flight_level>> level(quota_subject who) = 0;
};

struct usage {
    std::int64_t cpu_us_today = 0;
    std::int64_t stored_bytes = 0;  // of what has ended; what is in flight counts beside it
};

struct quota_facts {
    quota_overrides overrides;
    usage user, key;
};

class quota_store {
public:
    virtual ~quota_store() = default;
    virtual awaitable<result<quota_facts>> read(quota_subject who, std::string day) = 0;
    // Takes the place of all that was; with its audit or not at all.
    virtual awaitable<result<void>>
    replace(user_id user, quota_overrides values, std::vector<audit_entry> audit) = 0;
};

struct stored_sizes {
    std::int64_t user = 0, key = 0;  // bytes; what came with the key is a part of the user's
};

// Whatever else a user keeps here (uploads) implements this and is given to the desk: its bytes
// count as stored.
class usage_source {
public:
    virtual ~usage_source() = default;
    virtual awaitable<result<stored_sizes>> stored_bytes(quota_subject who) = 0;
};

// Whoever publishes what is held.
class release_wish {
public:
    virtual ~release_wish() = default;
    // Look at this user soon.
    virtual void wish(const user_id& user, bool was_cancelled) = 0;
};

}  // namespace sluice::submission
