// The domain values that the golden files hold (tests/golden/messages/*.json).
#pragma once

#include "sluice/domain/submission.hpp"

namespace sluice::messages::golden {

domain::task a_task();
domain::run_result a_result();
domain::progress a_progress();

}  // namespace sluice::messages::golden
