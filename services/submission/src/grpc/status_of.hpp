// The error catalogue in gRPC's words.
#pragma once

#include "../rejection.hpp"

#include <grpcpp/support/status_code_enum.h>

#include <string>

namespace sluice::submission {

// Follows the code's HTTP status, with few exceptions (a unit test walks the catalogue). INTERNAL
// for a code that is not in it.
grpc::StatusCode status_code_of(std::string_view code);

// "detail: field: what is wrong (what is allowed); …", bounded, because it travels in a header.
std::string status_text_of(const rejection& no);

const char* name_of(grpc::StatusCode code);

}  // namespace sluice::submission
