// See end_without_result.hpp.
#include "end_without_result.hpp"

#include <algorithm>

namespace sluice::notification {

domain::run_result end_dead_task(const domain::task& t, int deliveries, wall_time now) {
    domain::run_result r;
    r.id = t.id;
    r.correlation_id = t.correlation_id;
    r.user_id = t.user_id;
    r.language = t.language;
    r.status = domain::status::internal_error;
    r.limits = t.limits;
    r.worker_id = "notification";
    r.attempt = std::max(1, deliveries);
    r.message = "The workers that took this program failed each time.";
    r.times.created_at = t.created_at;
    r.times.ended_at = now;
    return r;
}

domain::run_result end_overdue(const domain::submission_view& v, wall_time now) {
    domain::run_result r;
    r.id = v.id;
    r.correlation_id = v.correlation_id;
    r.user_id = v.user_id;
    r.language = v.language;
    r.status = domain::status::internal_error;
    r.limits = v.limits;
    r.worker_id = "notification";
    if (v.is_cancel_requested) {
        r.status = domain::status::cancelled;
    } else {
        r.message = "The program was not finished before its deadline.";
    }
    r.times.created_at = v.created_at;
    r.times.ended_at = now;
    return r;
}

}  // namespace sluice::notification
