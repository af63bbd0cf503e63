// Problem documents, and the catalogue they draw from.
#include "sluice/http/problem.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <iterator>

namespace sluice::http {
namespace {

constexpr catalogue_entry catalogue[] = {
#include "sluice/http/error_catalogue.inc"
};

}  // namespace

const catalogue_entry* find_error(std::string_view code) {
    for (const catalogue_entry& entry : catalogue) {
        if (entry.code == code) return &entry;
    }
    return nullptr;
}

std::vector<catalogue_entry> error_catalogue() {
    return {std::begin(catalogue), std::end(catalogue)};
}

response problem(
    std::string_view code,
    std::string detail,
    const observe::context& ctx,
    std::vector<field_problem> errors,
    int retry_after_seconds,
    const problem_member& more
) {
    const catalogue_entry* entry = find_error(code);
    SLUICE_ASSERT(entry != nullptr);
    nlohmann::ordered_json body;
    body["type"] = "urn:sluice:error:" + std::string(entry->code);
    body["title"] = entry->title;
    body["status"] = entry->status;
    if (!detail.empty()) body["detail"] = std::move(detail);
    body["code"] = entry->code;
    if (!errors.empty()) {
        auto& list = body["errors"] = nlohmann::ordered_json::array();
        for (field_problem& item : errors) {
            nlohmann::ordered_json row;
            row["field"] = std::move(item.field);
            row["code"] = std::move(item.code);
            row["message"] = std::move(item.message);
            if (!item.allowed.empty()) row["allowed"] = std::move(item.allowed);
            list.push_back(std::move(row));
        }
    }
    if (!more.name.empty()) body[more.name] = nlohmann::ordered_json::parse(more.json);
    if (!ctx.correlation_id.empty()) body["correlation_id"] = ctx.correlation_id;

    response answer;
    answer.status = entry->status;
    answer.headers.add("Content-Type", "application/problem+json");
    if (retry_after_seconds > 0) {
        answer.headers.add("Retry-After", std::to_string(retry_after_seconds));
    }
    if (entry->status == 401) answer.headers.add("WWW-Authenticate", "Bearer");
    // A detail may quote what the client sent, which need not be UTF-8.
    answer.body = json_text(body);
    return answer;
}

}  // namespace sluice::http
