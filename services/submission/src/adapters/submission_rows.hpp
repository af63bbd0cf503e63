// Rows of the submissions table that several statements write and read.
#pragma once

#include "../ports.hpp"

#include "sluice/postgres/row.hpp"

namespace sluice::submission {

// "{2000,10000,…}" in the order of domain::limit_table.
std::string limits_text(const domain::limits& limits);
// id, correlation_id, language, version, created_at, and of the result status, limit_hit, cpu_us,
// wall_us, memory_peak_bytes, persisted_at.
submission_summary summary_of(const postgres::row& row);

}  // namespace sluice::submission
