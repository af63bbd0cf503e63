// Parts of messages that codec.cpp shares with codec_tests.cpp.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/domain/submission.hpp"
#include "sluice/v1/events.pb.h"
#include "sluice/v1/execution.pb.h"

namespace sluice::messages {

void write(const domain::limits& from, v1::Limits& to);
domain::limits read(const v1::Limits& from);
// A limit of zero or less would be "none" to some kernel interface further on.
result<void> check_limits(const domain::limits& limits);

void write(const domain::source_file& from, v1::File& to);
result<domain::source_file> read(v1::File& from);

// Tests, the rule that compares outputs, and the programs beside the submission's own.
void write_tests(const domain::task& from, v1::ExecuteRequest& to);
result<void> read_tests(v1::ExecuteRequest& from, domain::task& to);
void write_tests(const domain::run_result& from, v1::ExecuteResult& to);
result<void> read_tests(v1::ExecuteResult& from, domain::run_result& to);
void write_tests(const domain::progress& from, v1::Progress& to);
result<void> read_tests(v1::Progress& from, domain::progress& to);

}  // namespace sluice::messages
