// What is in flight, in Redis (sluice/messages/flight.hpp). Each call is one atomic script, so
// replicas cannot let more in together than each would alone.
#pragma once

#include "../quotas/ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

// One that PostgreSQL knows: without a result.
struct unfinished_row {
    user_id user;
    submission_id id;
    std::optional<uuid> key;
    std::int64_t bytes = 0;
    bool is_held = false;
};

class redis_flight final : public flight_register {
public:
    redis_flight(redis::client& client, const clock& time) : client_(client), time_(time) {}

    awaitable<result<flight_verdict>>
    begin(quota_subject who, std::vector<admission_item> items, flight_rules rules) override;
    awaitable<result<void>> end(user_id user, std::vector<submission_id> ids) override;
    awaitable<result<flight_level>> level(quota_subject who) override;

    struct standing_count {
        std::int64_t all = 0;       // without a result
        std::int64_t standing = 0;  // of these, in the queue or running
    };
    awaitable<result<std::vector<standing_count>>> standing(std::vector<user_id> users);
    struct candidate {
        submission_id id;
        bool is_free = false;  // needs no room: it was cancelled and ends at once
    };
    // Which of these stand from now on: one flag for each. What stood already stands.
    awaitable<result<std::vector<bool>>>
    stand(user_id user, std::vector<candidate> candidates, std::int64_t window);

    // Whether everything is known here; cleared by Redis when it loses its data, and by us when a
    // change could not be written.
    awaitable<result<bool>> is_known();
    awaitable<result<void>> restore(std::vector<unfinished_row> rows);
    awaitable<result<void>> now_known();
    // True for one process at a time.
    awaitable<result<bool>> may_keep(std::chrono::milliseconds for_so_long);
    awaitable<result<std::vector<user_id>>> users();
    awaitable<result<std::vector<submission_id>>> ids_of(user_id user);
    awaitable<result<void>> forget_user_if_idle(user_id user);

private:
    awaitable<result<redis::reply>>
    call(const redis::script& s, user_id user, std::vector<std::string> arguments);

    redis::client& client_;
    const clock& time_;
    bool was_missed_ = false;
};

}  // namespace sluice::submission
