// What the use cases answer, as system C's messages.
#pragma once

#include "../use_cases/schedule_jobs.hpp"
#include "../use_cases/search_jobs.hpp"
#include "system_c/job_worker.pb.h"

namespace sluice::submission {

::JobResponse to_message(const accepted_batch& done);
::SearchJobResponse to_message(const job_event& event, const std::string& correlation_id);

}  // namespace sluice::submission
