// See status_of.hpp.
#include "status_of.hpp"

#include "sluice/http/problem.hpp"

#include <array>
#include <utility>

namespace sluice::submission {
namespace {

using grpc::StatusCode;

constexpr std::size_t max_text = 2048;

// Where HTTP's status says less than gRPC can.
constexpr std::array<std::pair<std::string_view, StatusCode>, 2> of_their_own{{
    {"language_unavailable", StatusCode::FAILED_PRECONDITION},
    {"already_finished", StatusCode::FAILED_PRECONDITION},
}};

constexpr std::array<std::pair<unsigned, StatusCode>, 16> by_http_status{{
    {400, StatusCode::INVALID_ARGUMENT},
    {401, StatusCode::UNAUTHENTICATED},
    {403, StatusCode::PERMISSION_DENIED},
    {404, StatusCode::NOT_FOUND},
    {405, StatusCode::UNIMPLEMENTED},
    {406, StatusCode::INVALID_ARGUMENT},
    {408, StatusCode::DEADLINE_EXCEEDED},
    {409, StatusCode::ALREADY_EXISTS},
    {413, StatusCode::RESOURCE_EXHAUSTED},
    {415, StatusCode::INVALID_ARGUMENT},
    {422, StatusCode::INVALID_ARGUMENT},
    {426, StatusCode::INVALID_ARGUMENT},
    {429, StatusCode::RESOURCE_EXHAUSTED},
    {431, StatusCode::RESOURCE_EXHAUSTED},
    {501, StatusCode::UNIMPLEMENTED},
    {503, StatusCode::UNAVAILABLE},
}};

constexpr std::array<const char*, 17> names{
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED"};

}  // namespace

StatusCode status_code_of(std::string_view code) {
    for (const auto& [known, status] : of_their_own) {
        if (known == code) return status;
    }
    const auto* entry = http::find_error(code);
    if (entry == nullptr) return StatusCode::INTERNAL;
    for (const auto& [http_status, status] : by_http_status) {
        if (http_status == entry->status) return status;
    }
    return StatusCode::INTERNAL;
}

std::string status_text_of(const rejection& no) {
    std::string text = no.detail.empty() ? no.code : no.detail;
    const char* between = ": ";
    for (const auto& problem : no.problems) {
        std::string more = between + problem.field + " " + problem.message;
        if (!problem.allowed.empty()) more += " (" + problem.allowed + ")";
        if (text.size() + more.size() > max_text) {
            text += "; …";
            break;
        }
        text += more;
        between = "; ";
    }
    return text;
}

const char* name_of(StatusCode code) {
    const auto at = static_cast<std::size_t>(code);
    return at < names.size() ? names[at] : "UNKNOWN";
}

}  // namespace sluice::submission
