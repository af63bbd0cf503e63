// See submission_rows.hpp.
#include "submission_rows.hpp"

namespace sluice::submission {

std::string limits_text(const domain::limits& limits) {
    std::string text = "{";
    for (const auto& row : domain::limit_table) {
        if (text.size() > 1) text += ',';
        text += std::to_string(limits.*row.field);
    }
    return text + "}";
}

submission_summary summary_of(const postgres::row& row) {
    submission_summary s;
    s.id = submission_id(row.uuid("id"));
    s.correlation_id = sluice::correlation_id(row.uuid("correlation_id"));
    s.language = row.text("language");
    s.version = row.text("version");
    s.created_at = row.time("created_at");
    if (const auto status = row.optional_text("status")) {
        s.status = domain::parse_status(*status).value_or(domain::status::internal_error);
        s.limit_hit = row.optional_text("limit_hit").value_or("");
        s.cpu_us = row.integer("cpu_us");
        s.wall_us = row.integer("wall_us");
        s.memory_peak_bytes = row.integer("memory_peak_bytes");
        s.finished_at = row.time("persisted_at");
        s.is_cached = row.boolean("cached");
    }
    return s;
}

}  // namespace sluice::submission
