// What a user wants told, and what was told: settings are written here, deliveries are read here
// (notification writes them).
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/domain/submission.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sluice::submission {

struct webhook_settings {
    std::string url;  // empty: none
    std::vector<std::string> header_names;
    std::optional<wall_time> previous_until;  // an earlier secret signs beside the present one
    wall_time updated_at;
};

struct webhook_attempt {
    std::int64_t number = 0;
    wall_time at;
    std::int64_t duration_ms = 0;
    std::string address;
    std::optional<std::int64_t> http_status;
    std::string error;
    std::string response;
};

struct webhook_delivery {
    uuid id;
    std::string event;
    uuid subject;  // a submission; of batch.finished the batch
    sluice::correlation_id correlation_id;
    std::string url;
    std::string status;  // pending, delivered, failed
    std::int64_t attempts = 0;
    std::optional<wall_time> next_attempt_at;  // of a pending one
    wall_time created_at;
    std::optional<wall_time> finished_at;
    std::vector<webhook_attempt> log;  // with read()
};

struct delivery_filter {
    user_id owner;
    std::optional<uuid> before;  // the last id of the page before
    std::optional<submission_id> submission;
    std::optional<sluice::correlation_id> correlation;
    std::optional<std::string> status;
};

enum class replay_outcome { asked, unknown, pending };

class webhook_store {
public:
    virtual ~webhook_store() = default;
    virtual awaitable<result<std::optional<webhook_settings>>> settings(user_id owner) = 0;
    // True when there were none: then `secret` is theirs.
    virtual awaitable<result<bool>>
    set_target(user_id owner, domain::callback target, std::string secret) = 0;
    // The secret stays: what is on its way is signed with it.
    virtual awaitable<result<void>> clear_target(user_id owner) = 0;
    // The secret that was there goes on signing until `previous_until`.
    virtual awaitable<result<void>>
    set_secret(user_id owner, std::string secret, wall_time previous_until) = 0;
    // Newest first.
    virtual awaitable<result<std::vector<webhook_delivery>>>
    list(delivery_filter which, std::size_t limit) = 0;
    virtual awaitable<result<std::optional<webhook_delivery>>> read(user_id owner, uuid id) = 0;
    virtual awaitable<result<replay_outcome>> replay(user_id owner, uuid id, wall_time at) = 0;
};

}  // namespace sluice::submission
