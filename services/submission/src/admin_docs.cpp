// The administrators' part of the API's description.
#include "openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using http::verb;

constexpr std::string_view text_schema = R"({"type":"string"})";

std::vector<std::string_view> errors(std::vector<std::string_view> more = {}) {
    more.insert(more.end(), {"unauthorized", "forbidden", "storage_unavailable"});
    return more;
}

operation_doc read(
    std::string_view path,
    std::string_view id,
    std::string_view description,
    std::string_view schema
) {
    return {
        verb::get,
        path,
        id,
        description,
        {},
        "",
        {{200, "As it is now.", schema, json_type}},
        errors()};
}

operation_doc order(std::string_view path, std::string_view id, std::string_view description) {
    const bool is_service = path.find("{service}") != std::string_view::npos;
    const parameter_doc whom =
        is_service ? parameter_doc{"service", "path", text_schema, "submission, execution, notification or websocket."}
                   : parameter_doc{"id", "path", text_schema, "The instance's id, percent-encoded."};
    return {
        verb::post,
        path,
        id,
        description,
        {whom},
        "",
        {{200, "At least one instance has done it.", "AdminOutcomes", json_type}},
        errors({"not_found", "conflict"})};
}

constexpr std::string_view pause_text =
    "No new work is taken; what is in hand goes on. A paused submission service answers new work "
    "with 503 service_paused and Retry-After; a paused worker leaves tasks in their queue, a "
    "paused "
    "notification service results. A websocket node refuses.";
constexpr std::string_view resume_text = "Work is taken again.";
constexpr std::string_view drain_text =
    "The instance finishes what is in hand within its drain_grace, gives the rest back and exits "
    "with 0, as after SIGTERM.";

void add_orders(std::vector<operation_doc>& docs) {
    docs.push_back(order("/api/v1/admin/instances/{id}/pause", "admin_pause_instance", pause_text));
    docs.push_back(
        order("/api/v1/admin/instances/{id}/resume", "admin_resume_instance", resume_text)
    );
    docs.push_back(order("/api/v1/admin/instances/{id}/drain", "admin_drain_instance", drain_text));
    docs.push_back(
        order("/api/v1/admin/services/{service}/pause", "admin_pause_service", pause_text)
    );
    docs.push_back(
        order("/api/v1/admin/services/{service}/resume", "admin_resume_service", resume_text)
    );
    docs.push_back(
        order("/api/v1/admin/services/{service}/drain", "admin_drain_service", drain_text)
    );
}

void add_settings(std::vector<operation_doc>& docs) {
    docs.push_back(read(
        "/api/v1/admin/settings",
        "admin_settings",
        "The settings of each service that may change while it runs, with the values in force.",
        "AdminSettings"
    ));
    docs.push_back(
        {verb::patch,
         "/api/v1/admin/settings",
         "admin_change_settings",
         "Puts values over the configuration of all instances of a service, now and after every "
         "restart; null gives back what file and environment say. The instances check the whole "
         "first: when anything is wrong nothing is changed, and every problem is told by its field "
         "(execution.active_slots). Who changed what is in the audit.",
         {},
         "AdminSettingsPatch",
         {{200,
           "What is different now, and which instances have it.",
           "AdminSettingsChanged",
           json_type}},
         errors(
             {"invalid_json", "invalid_request", "invalid_field", "conflict", "payload_too_large"}
         )}
    );
}

}  // namespace

std::vector<operation_doc> admin_docs() {
    std::vector<operation_doc> docs;
    docs.push_back(read(
        "/api/v1/admin/instances",
        "admin_instances",
        "Every live instance of the four services, asked just now. One that does not answer is "
        "shown "
        "as it last announced itself, with answers: false.",
        "AdminInstances"
    ));
    docs.push_back(read(
        "/api/v1/admin/jobs",
        "admin_jobs",
        "The tasks that workers have in hand.",
        "AdminJobs"
    ));
    docs.push_back(read(
        "/api/v1/admin/queues",
        "admin_queues",
        "How many messages are ready in each queue.",
        "AdminQueues"
    ));
    add_orders(docs);
    add_settings(docs);
    docs.push_back(
        {verb::get,
         "/api/v1/admin/audit",
         "admin_audit",
         "What administrators did, the newest first.",
         {{"limit",
           "query",
           R"({"type":"integer","minimum":1,"maximum":500,"default":100})",
           "Entries in the answer."},
          {"before", "query", R"({"type":"integer"})", "Only entries with a smaller id."}},
         "",
         {{200, "Entries.", "AdminAudit", json_type}},
         errors({"invalid_field"})}
    );
    return docs;
}

nlohmann::json admin_schemas() {
    constexpr std::string_view text = R"json({
  "AdminInstances": {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {
    "type": "object", "required": ["service", "instance", "state", "answers"],
    "properties": {
      "service": {"type": "string"}, "instance": {"type": "string"}, "host": {"type": "string"},
      "pid": {"type": "integer"}, "version": {"type": "string"},
      "started_at": {"type": "string", "format": "date-time"},
      "state": {"type": "string", "enum": ["running", "paused", "draining"]},
      "config_digest": {"type": "string", "description": "the same for instances that are set alike"},
      "answers": {"type": "boolean"},
      "slots": {"type": "integer"}, "active_slots": {"type": "integer"}, "busy": {"type": "integer"},
      "connections": {"type": "integer"}}}}}},
  "AdminJobs": {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {
    "type": "object",
    "properties": {
      "submission_id": {"type": "string"}, "correlation_id": {"type": "string"}, "user_id": {"type": "string"},
      "language": {"type": "string"}, "attempt": {"type": "integer"},
      "taken_at": {"type": "string", "format": "date-time"}, "instance": {"type": "string"}}}}}},
  "AdminQueues": {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {
    "type": "object", "required": ["queue", "ready"],
    "properties": {
      "queue": {"type": "string"}, "ready": {"type": ["integer", "null"]},
      "problem": {"type": "string", "description": "why ready is null"}}}}}},
  "AdminOutcomes": {"type": "object", "required": ["instances"], "properties": {"instances": {
    "type": "array", "items": {"type": "object", "required": ["service", "instance", "applied"],
    "properties": {
      "service": {"type": "string"}, "instance": {"type": "string"}, "applied": {"type": "boolean"},
      "reason": {"type": "string"}}}}}},
  "AdminSettings": {"type": "object", "required": ["services"], "properties": {"services": {"type": "object",
    "additionalProperties": {"type": "array", "items": {
      "type": "object", "required": ["name", "value", "overridden", "meaning"],
      "properties": {
        "name": {"type": "string"}, "value": {}, "overridden": {"type": "boolean"}, "meaning": {"type": "string"}}}}}}},
  "AdminSettingsPatch": {"type": "object", "minProperties": 1,
    "description": "{service: {setting: value or null}}",
    "additionalProperties": {"type": "object", "additionalProperties": {}}},
  "AdminSettingsChanged": {"allOf": [{"$ref": "#/components/schemas/AdminOutcomes"}], "type": "object",
    "required": ["changes"], "properties": {"changes": {"type": "array", "items": {
      "type": "object", "required": ["service", "setting", "from", "to"],
      "properties": {"service": {"type": "string"}, "setting": {"type": "string"}, "from": {}, "to": {}}}}}},
  "AdminAudit": {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {
    "type": "object", "required": ["id", "at", "actor", "action", "target", "outcome"],
    "properties": {
      "id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}, "actor": {"type": "string"},
      "action": {"type": "string"}, "target": {"type": "string"}, "setting": {"type": "string"}, "from": {}, "to": {},
      "outcome": {"type": "string"}, "correlation_id": {"type": "string", "format": "uuid"}}}}}}
})json";
    return nlohmann::json::parse(text);
}

}  // namespace sluice::submission
