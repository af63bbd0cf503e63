// Domain values ⇄ binary protobuf (proto/sluice/v1), as they travel in the queues. Decoding checks
// everything that the domain relies on; an unknown field is ignored, an unknown enum value is an
// error.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/domain/language.hpp"
#include "sluice/domain/submission.hpp"

#include <string>
#include <string_view>

namespace sluice::messages {

// AMQP content types, one for each message: "application/x-protobuf;
// type=sluice.v1.ExecuteRequest".
inline constexpr std::string_view task_content_type =
    "application/x-protobuf; type=sluice.v1.ExecuteRequest";
inline constexpr std::string_view result_content_type =
    "application/x-protobuf; type=sluice.v1.ExecuteResult";
inline constexpr std::string_view progress_content_type =
    "application/x-protobuf; type=sluice.v1.Progress";

std::string encode(const domain::task& t);
std::string encode(const domain::run_result& r);
std::string encode(const domain::progress& p);
result<domain::task> decode_task(std::string_view bytes);
result<domain::run_result> decode_result(std::string_view bytes);
result<domain::progress> decode_progress(std::string_view bytes);

}  // namespace sluice::messages
