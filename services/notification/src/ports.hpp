// What the use cases need from outside; adapters/ implements it over PostgreSQL and Redis.
#pragma once

#include "probe.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/domain/submission.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sluice::notification {

// What is stored for a submission: the result that was just given, or an earlier one that won.
struct stored_result {
    domain::run_result value;
    std::string version;  // the submission's, as its row says
    bool is_new = false;
    std::optional<uuid> batch_id = {};  // of the batch that the submission belongs to
    std::string cache_key = {};         // not empty: kept for others like it, when it is fit
    bool is_deleted = false;            // by its owner: there is nothing to tell
};

class result_store {
public:
    virtual ~result_store() = default;
    // All or none. Answers with one entry for each given result, in order.
    virtual awaitable<result<std::vector<stored_result>>> store(
        std::vector<domain::run_result> results
    ) = 0;
    // Of these batches those whose submissions have all ended, in any order.
    virtual awaitable<result<std::vector<domain::batch_view>>> finished_batches(
        std::vector<uuid> ids
    ) = 0;
    // Success when a flawless result would be taken: then a refusal was the result's own fault.
    virtual awaitable<result<void>> check() = 0;
    // Accepted submissions whose deadline lies in [from, to) and that have no result; soonest
    // first.
    virtual awaitable<result<std::vector<domain::submission_view>>>
    overdue(wall_time from, wall_time to, std::int64_t limit) = 0;
};

// One event for one user, ready to be stored and sent.
struct emission {
    submission_id id;  // or of a batch: the thing whose event it is
    sluice::user_id user_id;
    int rank = 0;        // a submission's events never go down in rank
    std::string type;    // "submission.finished"
    std::string part;    // what tells it from others of its type: the test's index, or ""
    std::string status;  // the submission's state afterwards
    std::string frame;   // JSON text without event_id
    // The frame of "submission.queued", told first when this one has overtaken it; empty: nothing.
    std::string queued_frame;
    bool is_final = false;
    bool only_if_missing = false;  // one that was emitted before is not sent again
};

class event_sink {
public:
    virtual ~event_sink() = default;
    // Idempotent by submission, type and part. One answer for each, in order: the event's id, or ""
    // when the submission is already further.
    virtual awaitable<std::vector<result<std::string>>> emit(std::vector<emission> events) = 0;
};

// Keeps results as answers to submissions like theirs.
class result_cache {
public:
    virtual ~result_cache() = default;
    // Best effort: what is not kept is run again.
    virtual awaitable<result<void>> keep(std::string key, std::string encoded_result) = 0;
    // 0: nothing is kept.
    virtual std::size_t largest() const = 0;
};

// Between two tries. False when this process drains: the work is given back instead.
class retry_pause {
public:
    virtual ~retry_pause() = default;
    virtual awaitable<bool> wait(int tries) = 0;
};

struct ports {
    result_store& store;
    event_sink& events;
    retry_pause& pause;
    const clock& time;
    probe& metrics;
    std::size_t frame_limit;
    result_cache* cache = nullptr;
};

}  // namespace sluice::notification
