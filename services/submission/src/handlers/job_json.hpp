// The job worker's messages as JSON, and the two forms of its stream: newline-delimited JSON and
// server-sent events. Pure.
#pragma once

#include "../rejection.hpp"
#include "../use_cases/search_jobs.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

struct job_login_request {
    std::string username, password;
};
// {"username": "…", "password": "…"}
outcome<job_login_request> parse_job_login(std::string_view body);
// {"command": "…"} or {"commands": ["…", …]}
outcome<std::vector<std::string>> parse_job_commands(std::string_view body);

enum class job_stream_form { lines, events };
// By the Accept header; lines when it allows both. nullopt: it allows neither.
std::optional<job_stream_form> job_stream_form_of(std::string_view accept);
std::string_view content_type_of(job_stream_form form);

nlohmann::json job_event_json(const job_event& event, const std::string& correlation_id);
std::string job_line(job_stream_form form, const nlohmann::json& event);
// The stream could not go on: {"error": {"code", "detail"}}.
std::string job_error_line(job_stream_form form, const rejection& no);
// A browser's EventSource would connect again after the end, so it is told; lines just end.
std::string job_end_line(job_stream_form form);

}  // namespace sluice::submission
