// The metrics of the notification service.
#pragma once

#include "sluice/domain/status.hpp"
#include "sluice/observe/metrics.hpp"

#include <map>

namespace sluice::notification {

struct probe {
    probe();
    std::map<domain::status, observe::counter> results;  // by terminal status
    observe::counter duplicates;
    observe::counter poison;
    observe::counter swept;
    observe::counter dead_tasks;
    observe::counter progress_dropped;
    observe::histogram end_to_end;
    observe::gauge in_hand;
};

}  // namespace sluice::notification
