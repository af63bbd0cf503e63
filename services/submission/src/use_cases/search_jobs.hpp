// Tells a batch's output and results, those of the past first, then live until the last of its
// submissions has ended; for submissions that came one by one with the same correlation id
// likewise. Theory of operation: one coroutine follows up to `followed_at_a_time` submissions, in
// the order of the batch, and tells one event after another; while the listener is slow nothing is
// read, so what waits stays in Redis and PostgreSQL. Redis says that there is something to look at;
// the row is the truth, and completes what the live output had not told.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"
#include "read_batch.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

inline constexpr std::size_t followed_at_a_time = 16;
inline constexpr std::size_t job_chunk_bytes = 64 << 10;

// A piece of output, or, when `result` is set, the end of a submission.
struct job_event {
    std::int64_t index = 0;  // in the batch
    submission_id id;
    wall_time at;
    std::optional<domain::status> result;
    domain::output_stream stream = domain::output_stream::out;
    std::string text;  // UTF-8; what was none is replaced
    bool is_gap = false;
};

class job_listener {
public:
    virtual ~job_listener() = default;
    // Returns once the event is taken; false: nobody listens any more.
    virtual awaitable<bool> tell(job_event event) = 0;
};

struct job_search {
    search_level::place place;
    batch_page first;
    user_id owner;
};

// Everything that can be refused is refused here: an unknown id, too many searches.
awaitable<outcome<job_search>>
begin_search(observe::context ctx, ports& p, user_id owner, sluice::correlation_id id);

// Empty: the batch has ended, or the listener has gone. Otherwise why it was broken off.
awaitable<std::optional<rejection>>
follow_jobs(observe::context ctx, ports& p, job_search search, job_listener& listener);

}  // namespace sluice::submission
