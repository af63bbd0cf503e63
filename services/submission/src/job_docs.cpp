// The job worker's three routes for the OpenAPI document.
#include "openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using http::verb;

}  // namespace

std::vector<operation_doc> job_docs() {
    std::vector<operation_doc> docs;
    docs.push_back(
        {verb::post,
         "/v1/auth/login",
         "job_login",
         "AuthService.Login of the gRPC interface: name and password against a token for "
         "Authorization: Bearer.",
         {},
         "JobLogin",
         {{200, "The token.", "JobToken", json_type}},
         {"invalid_json",
          "invalid_request",
          "unauthorized",
          "unsupported_media_type",
          "payload_too_large",
          "too_many_requests",
          "not_implemented",
          "storage_unavailable"}}
    );
    docs.push_back(
        {verb::post,
         "/v1/job/schedule",
         "schedule_job",
         "JobScheduleService of the gRPC interface: one command of shell or many, each of them a "
         "submission of language sh, all of them one batch with one correlation id.",
         {{"X-Correlation-Id",
           "header",
           R"({"type":"string","format":"uuid"})",
           "A UUID of yours for the batch."}},
         "JobRequest",
         {{200, "The batch is queued.", "Job", json_type}},
         {"invalid_json",
          "invalid_request",
          "unauthorized",
          "conflict",
          "payload_too_large",
          "unsupported_media_type",
          "invalid_field",
          "language_unavailable",
          "queue_unavailable",
          "service_paused",
          "storage_unavailable"}}
    );
    docs.push_back(
        {verb::get,
         "/v1/job/search",
         "search_job",
         "JobQueryService.SearchJob of the gRPC interface: output and results of a batch, live "
         "until its last command has ended. One JobEvent a line, or as data of server-sent events, "
         "which end with an event named end. When it cannot go on, the last is {\"error\": …}.",
         {{"correlation_id",
           "query",
           R"({"type":"string","format":"uuid"})",
           "Of a batch of yours. Required."}},
         "",
         {{200, "The stream.", "JobEvent", "application/x-ndjson"},
          {200, "The stream.", "JobEvent", "text/event-stream"}},
         {"unauthorized",
          "not_found",
          "not_acceptable",
          "invalid_field",
          "too_many_requests",
          "storage_unavailable"}}
    );
    return docs;
}

namespace {

constexpr std::string_view schemas_text = R"json({
  "JobLogin": {
    "type": "object",
    "required": ["username", "password"],
    "additionalProperties": false,
    "properties": {
      "username": {"type": "string", "minLength": 1},
      "password": {"type": "string", "minLength": 1}
    }
  },
  "JobToken": {
    "type": "object",
    "required": ["access_token", "expires_at"],
    "properties": {
      "access_token": {"type": "string"},
      "expires_at": {"type": "string", "format": "date-time"}
    }
  },
  "JobRequest": {
    "type": "object",
    "description": "Either command or commands.",
    "additionalProperties": false,
    "oneOf": [{"required": ["command"]}, {"required": ["commands"]}],
    "properties": {
      "command": {"type": "string"},
      "commands": {"type": "array", "items": {"type": "string"}, "minItems": 1}
    }
  },
  "Job": {
    "type": "object",
    "required": ["correlation_id", "result", "executed_at"],
    "properties": {
      "correlation_id": {"type": "string", "format": "uuid"},
      "result": {"type": "string", "description": "queued"},
      "executed_at": {"type": "string", "format": "date-time"}
    }
  },
  "JobEvent": {
    "type": "object",
    "description": "A piece of output, or once for each command its result.",
    "required": ["correlation_id", "executed_at", "command_index", "submission_id"],
    "properties": {
      "correlation_id": {"type": "string", "format": "uuid"},
      "executed_at": {"type": "string", "format": "date-time"},
      "command_index": {"type": "integer", "minimum": 0},
      "submission_id": {"type": "string", "format": "uuid"},
      "log_output": {"type": "string", "description": "what is not UTF-8 is replaced"},
      "stream": {"enum": ["stdout", "stderr"], "description": "with log_output"},
      "is_gap": {"type": "boolean", "description": "output before this is missing"},
      "result": {"type": "string", "description": "the status at its end"}
    }
  }
})json";

}  // namespace

nlohmann::json job_schemas() {
    return nlohmann::json::parse(schemas_text);
}

}  // namespace sluice::submission
