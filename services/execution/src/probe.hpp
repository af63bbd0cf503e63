// The service's metrics as typed handles (house.md, 4.9). Labels are languages of the catalogue and
// statuses: closed sets.
#pragma once

#include "sluice/domain/submission.hpp"
#include "sluice/observe/metrics.hpp"

namespace sluice::execution {

class probe {
public:
    probe();
    // `language` is the catalogue's id, or "unknown": never what a message brought.
    void finished(const domain::run_result& r, const std::string& language);
    // From the moment the submission was accepted until this worker took it.
    void waited(wall_time created_at, wall_time taken_at);

    observe::counter retries;      // runs repeated here or given back for a failure of ours
    observe::counter undecodable;  // sent to the dead-letter queue
    observe::counter republished;  // results whose confirm failed or was late
    observe::gauge slots_busy, slots_idle, slots_publishing;
    observe::gauge cache_bytes, cache_entries;

private:
    observe::histogram queue_wait_;
};

}  // namespace sluice::execution
