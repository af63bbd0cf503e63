// Commands of shell, one or many, as one batch: the job of system C. Each is a submission like any
// other; an empty one is refused. Knows neither gRPC nor HTTP.
#pragma once

#include "accept_batch.hpp"

namespace sluice::submission {

awaitable<outcome<accepted_batch>> schedule_jobs(
    observe::context ctx,
    ports& p,
    quota_subject who,
    sluice::correlation_id id,
    std::vector<std::string> commands
);

}  // namespace sluice::submission
