// The domain values that the golden files hold (tests/golden/messages/*.json).
#pragma once

#include "sluice/domain/live.hpp"
#include "sluice/domain/submission.hpp"

namespace sluice::messages::golden {

domain::task a_task();
domain::run_result a_result();
domain::progress a_progress();
domain::output_piece an_output();
domain::control_message a_control();  // no real kind has all of its fields

}  // namespace sluice::messages::golden
