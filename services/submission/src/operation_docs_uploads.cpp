// The entries of uploads; see operation_docs.cpp.
#include "openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using http::verb;
using upload_codes = std::vector<std::string_view>;

constexpr std::string_view upload_schemas_text = R"json({
  "UploadForm": {
    "type": "object",
    "required": ["file"],
    "additionalProperties": false,
    "properties": {
      "file": {
        "type": "string", "contentMediaType": "application/octet-stream",
        "description": "a source file, or a zip archive of a program's files; with a file name"
      },
      "language": {"type": "string", "description": "id or alias; absent: by the file's name, when it is run"}
    }
  },
  "Upload": {
    "type": "object",
    "required": ["id", "name", "size_bytes", "sha256", "content_type", "language", "created_at", "links"],
    "properties": {
      "id": {"type": "string", "format": "uuid"},
      "name": {"type": "string"},
      "size_bytes": {"type": "integer"},
      "sha256": {"type": "string", "description": "of the content, in hexadecimal digits"},
      "content_type": {"type": "string", "description": "as it was said in the form"},
      "language": {"type": ["string", "null"]},
      "created_at": {"type": "string", "format": "date-time"},
      "links": {
        "type": "object",
        "properties": {"self": {"type": "string"}, "content": {"type": "string"}}
      }
    }
  },
  "UploadPage": {
    "type": "object",
    "required": ["items", "next_cursor"],
    "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/Upload"}},
      "next_cursor": {"type": ["string", "null"]}
    }
  }
})json";

operation_doc upload_operation(
    verb method,
    std::string_view path,
    std::string_view id,
    std::string_view description,
    answer_doc answer,
    upload_codes errors
) {
    operation_doc out{method, path, id, description, {}, "", {answer}, std::move(errors)};
    for (const auto code : {"unauthorized", "forbidden", "storage_unavailable"})
        out.error_codes.emplace_back(code);
    if (path.find("{id}") == std::string_view::npos) return out;
    out.parameters.push_back({"id", "path", uuid_schema, "Of an upload of yours."});
    return out;
}

operation_doc store_operation() {
    auto out = upload_operation(
        verb::post,
        "/api/v1/uploads",
        "store_upload",
        "Stores one file, of uploads.max_bytes at most. It is written while it comes, so its size "
        "costs no memory. A file's name is what you call it and nothing else.",
        {201, "It is stored.", "Upload", json_type},
        {"invalid_request",
         "invalid_field",
         "unsupported_media_type",
         "payload_too_large",
         "request_timeout",
         "overloaded",
         "quota_exceeded"}
    );
    out.request_schema = "UploadForm";
    out.request_type = "multipart/form-data";
    return out;
}

operation_doc list_uploads_operation() {
    auto out = upload_operation(
        verb::get,
        "/api/v1/uploads",
        "list_uploads",
        "Newest first.",
        {200, "A page.", "UploadPage", json_type},
        {"invalid_field"}
    );
    constexpr std::string_view limits =
        R"({"type":"integer","minimum":1,"maximum":100,"default":20})";
    constexpr std::string_view text = R"({"type":"string"})";
    out.parameters.push_back({"limit", "query", limits, "Uploads on a page."});
    out.parameters.push_back({"cursor", "query", text, "next_cursor of the page before."});
    return out;
}

operation_doc execute_operation() {
    auto out = upload_operation(
        verb::post,
        "/api/v1/uploads/{id}/execute",
        "execute_upload",
        "Runs an upload: everything that POST /api/v1/submissions takes but the program, and the "
        "same answer. A zip archive is a program of several files; `main` names the first of them. "
        "Without `language` it is the upload's, or told by the file's name.",
        {201, "It is accepted.", "AcceptedSubmission", json_type},
        {"invalid_json",
         "invalid_request",
         "invalid_field",
         "unknown_language",
         "language_unavailable",
         "limit_out_of_range",
         "unsupported_media_type",
         "payload_too_large",
         "idempotency_conflict",
         "not_found",
         "queue_unavailable",
         "service_paused"}
    );
    out.request_schema = "ExecuteUploadRequest";
    out.answers.push_back(
        {200,
         "An earlier request with this Idempotency-Key made it.",
         "AcceptedSubmission",
         json_type}
    );
    constexpr std::string_view seconds =
        R"({"type":"integer","minimum":0,"maximum":30,"default":0})";
    constexpr std::string_view key = R"({"type":"string","minLength":1,"maxLength":255})";
    out.parameters.push_back({"wait", "query", seconds, "Seconds to wait for the end."});
    out.parameters.push_back(
        {"Idempotency-Key", "header", key, "The same key, the same submission."}
    );
    return out;
}

}  // namespace

std::vector<operation_doc> upload_operation_docs() {
    std::vector<operation_doc> docs;
    docs.push_back(store_operation());
    docs.push_back(list_uploads_operation());
    docs.push_back(upload_operation(
        verb::get,
        "/api/v1/uploads/{id}",
        "read_upload",
        "What is known of one upload, without its content.",
        {200, "The upload.", "Upload", json_type},
        {"not_found"}
    ));
    docs.push_back(upload_operation(
        verb::get,
        "/api/v1/uploads/{id}/content",
        "read_upload_content",
        "The bytes as they were uploaded, as a download. The ETag is their SHA-256.",
        {200, "The content.", "", "application/octet-stream"},
        {"not_found"}
    ));
    docs.push_back(upload_operation(
        verb::delete_,
        "/api/v1/uploads/{id}",
        "delete_upload",
        "Removes an upload and its bytes. Submissions that were made of it keep their program.",
        {204, "It is gone.", "", ""},
        {"not_found"}
    ));
    docs.push_back(execute_operation());
    return docs;
}

nlohmann::json upload_schemas() {
    return nlohmann::json::parse(upload_schemas_text);
}

}  // namespace sluice::submission
