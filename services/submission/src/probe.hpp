// The metrics of this service. Made once in app.cpp; tests make their own.
#pragma once

#include "sluice/observe/metrics.hpp"

namespace sluice::submission {

struct probe {
    observe::counter accepted;
    observe::counter replayed;
    observe::counter republished;
    observe::histogram wait_seconds;

    static probe make() {
        auto& m = observe::metrics::instance();
        return {
            m.get_counter("sluice_submission_accepted_total", "submissions stored"),
            m.get_counter(
                "sluice_submission_replayed_total",
                "requests answered by an earlier Idempotency-Key"
            ),
            m.get_counter(
                "sluice_submission_republished_total",
                "tasks that the outbox sweeper published"
            ),
            m.get_histogram(
                "sluice_submission_wait_seconds",
                "time that ?wait requests waited for a result",
                observe::wait_buckets()
            ),
        };
    }
};

}  // namespace sluice::submission
