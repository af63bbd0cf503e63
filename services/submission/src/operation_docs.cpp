// One entry for each route of the table; a unit test finds a route without one.
#include "openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using http::verb;

constexpr std::string_view wait_schema =
    R"({"type":"integer","minimum":0,"maximum":30,"default":0})";

constexpr parameter_doc wait_parameter{
    "wait",
    "query",
    wait_schema,
    "Seconds to wait for the end of the submission. The answer comes as soon as it has ended, and "
    "otherwise with its state when the time is over."};
constexpr parameter_doc correlation_parameter{
    "X-Correlation-Id",
    "header",
    uuid_schema,
    "A UUID of yours that follows the submission into every answer, event and log line; without "
    "one, or with a malformed one, it gets a new one."};

operation_doc submit_doc() {
    return {
        verb::post,
        "/api/v1/submissions",
        "submit",
        "Stores a program and queues it. 201 means that it cannot be lost any more. Without wait "
        "the "
        "answer names the submission; with wait it is the finished submission.",
        {wait_parameter,
         {"Idempotency-Key",
          "header",
          R"({"type":"string","minLength":1,"maxLength":255})",
          "The same key with the same body gives the same submission for 24 hours, so a request "
          "whose answer was lost can be sent again."},
         correlation_parameter},
        "SubmitRequest",
        {{201, "The submission was accepted.", "AcceptedSubmission", json_type},
         {200,
          "This Idempotency-Key came before; the submission that it made then.",
          "AcceptedSubmission",
          json_type}},
        {"invalid_json",
         "invalid_request",
         "unauthorized",
         "idempotency_conflict",
         "payload_too_large",
         "unsupported_media_type",
         "invalid_field",
         "unknown_language",
         "limit_out_of_range",
         "language_unavailable",
         "queue_unavailable",
         "service_paused",
         "storage_unavailable"}};
}

operation_doc read_doc() {
    return {
        verb::get,
        "/api/v1/submissions/{id}",
        "get_submission",
        "The submission with everything that is known of it. Another user's id is answered exactly "
        "as an unknown one, except to administrators.",
        {{"id", "path", uuid_schema, "The id from the answer to the submission."}, wait_parameter},
        "",
        {{200, "The submission.", "Submission", json_type}},
        {"unauthorized", "not_found", "invalid_field", "storage_unavailable"}};
}

constexpr parameter_doc user_parameter{
    "user_id",
    "query",
    R"({"type":"string"})",
    "For administrators: whose. Without it, and for everybody else, one's own."};

constexpr parameter_doc idempotency_parameter{
    "Idempotency-Key",
    "header",
    R"({"type":"string","minLength":1,"maxLength":255})",
    "The same key with the same body gives the same answer for 24 hours, so a request whose answer "
    "was lost can be sent again."};

const std::vector<std::string_view> submit_errors{
    "invalid_json",
    "invalid_request",
    "unauthorized",
    "idempotency_conflict",
    "payload_too_large",
    "unsupported_media_type",
    "invalid_field",
    "language_unavailable",
    "queue_unavailable",
    "service_paused",
    "storage_unavailable"};

operation_doc compare_doc() {
    return {
        verb::post,
        "/api/v1/comparisons",
        "submit_comparison",
        "Runs two programs on what a generator prints for seed, seed + 1, … until they differ or "
        "rounds or time_ms is reached. It is a submission like others (history, events, limits): "
        "accepted means that no difference was found, wrong_answer that the outputs differ, and "
        "any "
        "other state that one of the programs ended so; `comparison` has the input and both "
        "outputs. internal_error with a message: the generator failed.",
        {wait_parameter, idempotency_parameter, correlation_parameter},
        "ComparisonRequest",
        {{201, "The comparison was accepted.", "AcceptedSubmission", json_type},
         {200,
          "This Idempotency-Key came before; what it made then.",
          "AcceptedSubmission",
          json_type}},
        submit_errors};
}

operation_doc batch_doc() {
    auto errors = submit_errors;
    errors.push_back("conflict");
    return {
        verb::post,
        "/api/v1/batches",
        "submit_batch",
        "Stores many submissions in one transaction and queues them, or refuses all with every "
        "item's problems (items[3].tests[2].name). They share the correlation id, which names the "
        "batch. batch.finished is pushed when the last one has ended.",
        {idempotency_parameter, correlation_parameter},
        "BatchRequest",
        {{201, "The batch was accepted.", "BatchPage", json_type},
         {200,
          "This Idempotency-Key came before; the batch that it made then.",
          "BatchPage",
          json_type}},
        std::move(errors)};
}

operation_doc read_batch_doc() {
    return {
        verb::get,
        "/api/v1/batches/{correlation_id}",
        "get_batch",
        "How many of its submissions are in which state, and a page of them in the order of the "
        "request, without program text.",
        {{"correlation_id", "path", uuid_schema, "Of the batch."},
         {"limit",
          "query",
          R"({"type":"integer","minimum":1,"maximum":500,"default":100})",
          "Submissions on a page."},
         {"cursor",
          "query",
          R"({"type":"string"})",
          "next_cursor of the page before; its content is ours."},
         user_parameter},
        "",
        {{200, "The batch.", "BatchPage", json_type}},
        {"unauthorized", "not_found", "invalid_field", "storage_unavailable"}};
}

operation_doc plain(
    std::string_view path,
    std::string_view id,
    std::string_view description,
    answer_doc answer,
    std::vector<std::string_view> codes
) {
    return {verb::get, path, id, description, {}, "", {answer}, std::move(codes)};
}

std::vector<operation_doc> make_docs() {
    std::vector<operation_doc> docs;
    docs.push_back(submit_doc());
    docs.push_back(read_doc());
    docs.push_back(batch_doc());
    docs.push_back(read_batch_doc());
    docs.push_back(compare_doc());
    docs.push_back(plain(
        "/api/v1/languages",
        "list_languages",
        "Every language of the catalogue, with its version on the live workers or what is missing.",
        {200, "The catalogue.", "LanguageList", json_type},
        {"unauthorized"}
    ));
    docs.push_back(plain(
        "/api/v1/limits",
        "read_limits",
        "Every limit that a submission may ask for: default, smallest and largest value, meaning.",
        {200, "The limits.", "LimitsDocument", json_type},
        {"unauthorized"}
    ));
    docs.push_back(
        {verb::post,
         "/api/v1/ws-tickets",
         "create_ws_ticket",
         "A browser cannot send a bearer token when it opens a WebSocket; it sends this ticket. It "
         "works once, within one minute.",
         {},
         "",
         {{201, "The ticket.", "Ticket", json_type}},
         {"unauthorized", "storage_unavailable"}}
    );
    for (operation_doc& doc : job_docs())
        docs.push_back(std::move(doc));
    docs.push_back(plain(
        "/openapi.json",
        "read_openapi",
        "The description of this API.",
        {200, "An OpenAPI 3.1 document.", "", json_type},
        {}
    ));
    docs.push_back(plain(
        "/docs",
        "read_docs",
        "The same as a page for people.",
        {200, "A page.", "", "text/html"},
        {}
    ));
    for (operation_doc& each : admin_docs())
        docs.push_back(std::move(each));
    docs.push_back(plain("/", "redirect_to_docs", "To /docs.", {302, "See /docs.", "", ""}, {}));
    for (auto& doc : account_operation_docs())
        docs.push_back(std::move(doc));
    for (auto& doc : system_a_docs())
        docs.push_back(std::move(doc));
    for (auto& doc : quota_operation_docs())
        docs.push_back(std::move(doc));
    for (auto& doc : upload_operation_docs())
        docs.push_back(std::move(doc));
    for (auto& doc : webhook_operation_docs())
        docs.push_back(std::move(doc));
    for (auto& doc : history_operation_docs())
        docs.push_back(std::move(doc));
    for (auto& doc : compatibility_operation_docs())
        docs.push_back(std::move(doc));
    return docs;
}

constexpr std::string_view own_schemas_text = R"json({
  "AcceptedSubmission": {
    "type": "object",
    "description": "Until its end, a submission is answered with these; afterwards as a Submission.",
    "required": ["id", "correlation_id", "status", "created_at", "links"],
    "properties": {
      "id": {"type": "string", "format": "uuid"},
      "correlation_id": {"type": "string", "format": "uuid"},
      "status": {"type": "string"},
      "created_at": {"type": "string", "format": "date-time"},
      "links": {
        "type": "object",
        "properties": {"self": {"type": "string", "description": "where to read it again"}}
      }
    }
  },
  "SubmissionSummary": {
    "type": "object",
    "required": ["id", "correlation_id", "status", "language", "version", "created_at", "links"],
    "properties": {
      "id": {"type": "string", "format": "uuid"},
      "correlation_id": {"type": "string", "format": "uuid"},
      "index": {"type": "integer", "description": "in a batch: its place, from 0"},
      "status": {"type": "string"},
      "language": {"type": "string"},
      "version": {"type": ["string", "null"]},
      "created_at": {"type": "string", "format": "date-time"},
      "links": {"type": "object", "properties": {"self": {"type": "string"}}},
      "finished_at": {"type": "string", "format": "date-time", "description": "with terminal states"},
      "limit_hit": {"type": ["string", "null"]},
      "cpu_ms": {"type": "integer"},
      "cpu_us": {"type": "integer"},
      "wall_ms": {"type": "integer"},
      "wall_us": {"type": "integer"},
      "memory_peak_bytes": {"type": "integer"},
      "cached": {"type": "boolean", "description": "taken from the result cache"}
    }
  },
  "SubmissionPage": {
    "type": "object",
    "required": ["items", "next_cursor"],
    "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/SubmissionSummary"}},
      "next_cursor": {"type": ["string", "null"], "description": "null: this was the last page"}
    }
  },
  "BatchPage": {
    "description": "A batch with a page of its submissions, in the order of the request.",
    "allOf": [{"$ref": "#/components/schemas/Batch"}],
    "type": "object",
    "required": ["items"],
    "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/SubmissionSummary"}},
      "next_cursor": {"type": ["string", "null"], "description": "null: this was the last page"}
    }
  },
  "LanguageList": {
    "type": "object",
    "required": ["items"],
    "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/Language"}}
    }
  },
  "Ticket": {
    "type": "object",
    "required": ["ticket", "expires_at", "url"],
    "properties": {
      "ticket": {"type": "string"},
      "expires_at": {"type": "string", "format": "date-time"},
      "url": {"type": "string", "description": "where to open the WebSocket, the ticket included"}
    }
  }
})json";

}  // namespace

const std::vector<operation_doc>& operation_docs() {
    static const std::vector<operation_doc> docs = make_docs();
    return docs;
}

nlohmann::json own_schemas() {
    auto out = nlohmann::json::parse(own_schemas_text);
    out.update(account_schemas());
    out.update(webhook_schemas());
    out.update(upload_schemas());
    out.update(system_a_schemas());
    out.update(history_schemas());
    out.update(compatibility_schemas());
    out.update(quota_schemas());
    return out;
}

}  // namespace sluice::submission
