// How many log lines were dropped because the queue to the writer was full; read by the metrics.
#pragma once

#include <cstdint>

namespace sluice::observe {
std::uint64_t dropped_log_lines();
}
