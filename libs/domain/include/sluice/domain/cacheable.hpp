// Which results are worth keeping for others like them: those that would come out the same again.
#pragma once

#include "sluice/domain/submission.hpp"

namespace sluice::domain {

// A verdict that depends on nothing but program, input and limits, of every run that the result
// has: no limit of time or memory was met, nothing was cancelled or went wrong on our side.
bool is_cacheable(const run_result& r);

// Whether `r` can be a result of `t` at all, whatever else is claimed: the same language, limits
// and number of tests.
bool could_be_of(const run_result& r, const task& t);

}  // namespace sluice::domain
