// Errors over HTTP: application/problem+json (RFC 9457). Every code stands in the catalogue
// (proto/errors.yaml, from which the build generates sluice/http/error_catalogue.inc).
#pragma once

#include "sluice/http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

struct catalogue_entry {
    std::string_view code;  // "invalid_field"
    unsigned status;        // 422
    bool is_retryable;
    std::string_view title;
};
// nullptr when the catalogue has no such code.
const catalogue_entry* find_error(std::string_view code);
std::vector<catalogue_entry> error_catalogue();

// One wrong field: where, why, and what is allowed.
struct field_problem {
    std::string field;  // "limits.cpu_time_ms", "files[2].name"
    std::string
        code;  // "too_large", "required", "unknown_field", "wrong_type", "not_allowed", "malformed"
    std::string message;
    std::string allowed;  // empty when nothing sensible can be said
};

// A member of the document beyond the common ones: its name and its value as JSON text.
struct problem_member {
    std::string name;
    std::string json;
};

// `code` must be in the catalogue (asserted). `detail` is for the client: no internals, no secrets.
response problem(
    std::string_view code,
    std::string detail,
    const observe::context& ctx,
    std::vector<field_problem> errors = {},
    int retry_after_seconds = 0,
    const problem_member& more = {}
);

}  // namespace sluice::http
