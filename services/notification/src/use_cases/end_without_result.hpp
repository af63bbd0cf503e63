// Results for submissions that no worker ended, so that nothing stays queued for ever: pure.
#pragma once

#include "sluice/domain/submission.hpp"

namespace sluice::notification {

// A task that came back from its workers until the broker gave up on it.
domain::run_result end_dead_task(const domain::task& t, int deliveries, wall_time now);

// An accepted submission whose deadline passed without a result.
domain::run_result end_overdue(const domain::submission_view& v, wall_time now);

}  // namespace sluice::notification
