// See status_of.hpp.
#include "status_of.hpp"

#include <array>
#include <utility>

namespace sluice::submission {
namespace {

using grpc::StatusCode;

constexpr std::size_t max_text = 2048;

constexpr std::array<std::pair<std::string_view, StatusCode>, 27> table{{
    {"invalid_json", StatusCode::INVALID_ARGUMENT},
    {"invalid_request", StatusCode::INVALID_ARGUMENT},
    {"invalid_field", StatusCode::INVALID_ARGUMENT},
    {"unknown_language", StatusCode::INVALID_ARGUMENT},
    {"limit_out_of_range", StatusCode::INVALID_ARGUMENT},
    {"not_acceptable", StatusCode::INVALID_ARGUMENT},
    {"unsupported_media_type", StatusCode::INVALID_ARGUMENT},
    {"upgrade_required", StatusCode::INVALID_ARGUMENT},
    {"language_unavailable", StatusCode::FAILED_PRECONDITION},
    {"already_finished", StatusCode::FAILED_PRECONDITION},
    {"unauthorized", StatusCode::UNAUTHENTICATED},
    {"forbidden", StatusCode::PERMISSION_DENIED},
    {"not_found", StatusCode::NOT_FOUND},
    {"method_not_allowed", StatusCode::UNIMPLEMENTED},
    {"not_implemented", StatusCode::UNIMPLEMENTED},
    {"request_timeout", StatusCode::DEADLINE_EXCEEDED},
    {"idempotency_conflict", StatusCode::ALREADY_EXISTS},
    {"conflict", StatusCode::ALREADY_EXISTS},
    {"payload_too_large", StatusCode::RESOURCE_EXHAUSTED},
    {"too_many_requests", StatusCode::RESOURCE_EXHAUSTED},
    {"header_too_large", StatusCode::RESOURCE_EXHAUSTED},
    {"internal", StatusCode::INTERNAL},
    {"storage_unavailable", StatusCode::UNAVAILABLE},
    {"queue_unavailable", StatusCode::UNAVAILABLE},
    {"overloaded", StatusCode::UNAVAILABLE},
    {"service_paused", StatusCode::UNAVAILABLE},
    {"shutting_down", StatusCode::UNAVAILABLE},
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
    for (const auto& [known, status] : table) {
        if (known == code) return status;
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
