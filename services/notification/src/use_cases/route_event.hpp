// What a progress event or a result means for its user's event stream: pure.
#pragma once

#include "../ports.hpp"

#include "sluice/domain/submission.hpp"

namespace sluice::notification {

emission route_progress(const domain::progress& p);

// The frame carries the whole submission. Above `frame_limit` bytes the outputs in it are shortened
// and data.partial is true: a frame that fits no websocket buffer would close its reader's
// connection again at each replay.
emission route_result(const stored_result& stored, std::size_t frame_limit);

// Of each test that was run, for those whose progress was lost, or is overtaken by the result.
std::vector<emission> route_tests(const stored_result& stored);

// All submissions of the batch have ended.
emission route_batch(const domain::batch_view& b);

}  // namespace sluice::notification
