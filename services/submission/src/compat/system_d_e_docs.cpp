// The OpenAPI entries of systems D and E; see operation_docs.cpp.
#include "../openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

constexpr std::string_view older_json = "application/json";
constexpr std::string_view older_html = "text/html";

constexpr std::string_view older_schemas_text = R"json({
  "OlderLogin": {
    "type": "object",
    "required": ["username", "password"],
    "additionalProperties": false,
    "properties": {"username": {"type": "string"}, "password": {"type": "string"}}
  },
  "OlderAccount": {
    "type": "object",
    "required": ["UserID"],
    "properties": {"UserID": {"type": "integer"}, "username": {"type": "string"}}
  },
  "OlderRun": {
    "type": "object",
    "required": ["language", "content"],
    "additionalProperties": false,
    "properties": {"language": {"type": "string"}, "content": {"type": "string"}}
  },
  "OlderRequest": {
    "type": "object",
    "required": ["RequestUUID"],
    "properties": {"RequestUUID": {"type": "string", "format": "uuid"}}
  },
  "OlderText": {
    "type": "object",
    "required": ["String", "Valid"],
    "properties": {"String": {"type": "string"}, "Valid": {"type": "boolean", "description": "false: there is none"}}
  },
  "OlderEntry": {
    "type": "object",
    "required": ["UserID", "InstanciationTS", "RequestUUID", "CodeContent", "WorkerStatus", "OutputResult"],
    "properties": {
      "UserID": {"type": "integer"},
      "InstanciationTS": {"type": "string", "format": "date-time"},
      "RequestUUID": {"type": "string", "format": "uuid"},
      "CodeContent": {"type": "string"},
      "WorkerStatus": {"$ref": "#/components/schemas/OlderText"},
      "OutputResult": {"$ref": "#/components/schemas/OlderText"}
    }
  },
  "OlderHistory": {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/OlderEntry"}}}
  }
})json";

operation_doc operation_of(
    http::verb method,
    std::string_view path,
    std::string_view id,
    std::string_view description,
    answer_doc answer
) {
    operation_doc out;
    out.method = method;
    out.path = path;
    out.id = id;
    out.description = description;
    out.answers.push_back(answer);
    return out;
}

void add_system_d(std::vector<operation_doc>& docs) {
    using http::verb;
    auto& made = docs.emplace_back(operation_of(
        verb::post,
        "/auth/register",
        "d_register",
        "Makes an account (system D).",
        {201, "It is made.", "OlderAccount", older_json}
    ));
    made.request_schema = "OlderLogin";
    made.error_codes =
        {"invalid_json", "invalid_request", "invalid_field", "account_exists", "too_many_requests"};
    auto& login = docs.emplace_back(operation_of(
        verb::post,
        "/auth/login",
        "d_login",
        "Signs in (system D): the token comes in the cookie token.",
        {200, "He is signed in.", "OlderAccount", older_json}
    ));
    login.request_schema = "OlderLogin";
    login.error_codes = {
        "invalid_json",
        "invalid_request",
        "invalid_field",
        "wrong_credentials",
        "forbidden",
        "too_many_requests"};
    auto& run = docs.emplace_back(operation_of(
        verb::post,
        "/api/run_code",
        "d_run_code",
        "Queues a program (system D).",
        {200, "It is stored and queued.", "OlderRequest", older_json}
    ));
    run.request_schema = "OlderRun";
    run.error_codes = {
        "invalid_json",
        "invalid_request",
        "unauthorized",
        "invalid_field",
        "unknown_language",
        "language_unavailable",
        "queue_unavailable",
        "service_paused"};
    auto& history = docs.emplace_back(operation_of(
        verb::get,
        "/api/get_history",
        "d_get_history",
        "The newest 200 programs, newest first, 16 MiB at most (system D).",
        {200, "The list.", "OlderHistory", older_json}
    ));
    history.error_codes = {"unauthorized", "storage_unavailable"};
    auto& last = docs.emplace_back(operation_of(
        verb::get,
        "/api/get_last_request",
        "d_get_last_request",
        "The newest of them (system D).",
        {200, "The newest.", "OlderEntry", older_json}
    ));
    last.error_codes = {"unauthorized", "not_found", "storage_unavailable"};
}

void add_system_e(std::vector<operation_doc>& docs) {
    using http::verb;
    docs.push_back(operation_of(
        verb::get,
        "/login",
        "e_login_page",
        "A page to sign in (system E).",
        {200, "The page.", "", older_html}
    ));
    auto& login = docs.emplace_back(operation_of(
        verb::post,
        "/login",
        "e_login",
        "Takes its form: login and password (system E).",
        {303, "Signed in; to /run.", "", ""}
    ));
    login.answers.push_back({401, "The page again, with what was wrong.", "", older_html});
    login.answers.push_back({403, "The same, for a form of another site.", "", older_html});
    login.error_codes = {"unsupported_media_type"};
    docs.push_back(operation_of(
        verb::get,
        "/run",
        "e_run_page",
        "A page to run programs (system E); without a session to /login.",
        {200, "The page.", "", older_html}
    ));
    docs.back().answers.push_back({303, "To /login.", "", ""});
    docs.back().answers.push_back({404, "The page, without such a submission.", "", older_html});
    docs.back().parameters.push_back(
        {"id",
         "query",
         R"({"type":"string","format":"uuid"})",
         "A submission to show; waits ten seconds for its end."}
    );
    auto& run = docs.emplace_back(operation_of(
        verb::post,
        "/run",
        "e_run",
        "Takes its form: language, source, stdin. An earlier result will do (system E).",
        {303, "To the page that shows it.", "", ""}
    ));
    run.answers.push_back({422, "The page again, with what was wrong.", "", older_html});
    run.error_codes = {"unsupported_media_type"};
    docs.push_back(operation_of(
        verb::get,
        "/run.js",
        "e_script",
        "The script of that page (system E).",
        {200, "The script.", "", "text/javascript"}
    ));
    docs.push_back(operation_of(
        verb::post,
        "/logout",
        "e_logout",
        "Ends the session (system E).",
        {303, "To /login.", "", ""}
    ));
}

}  // namespace

std::vector<operation_doc> compatibility_operation_docs() {
    std::vector<operation_doc> docs;
    docs.reserve(16);
    add_system_d(docs);
    add_system_e(docs);
    return docs;
}

nlohmann::json compatibility_schemas() {
    return nlohmann::json::parse(older_schemas_text);
}

}  // namespace sluice::submission
