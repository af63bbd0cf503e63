// The entries of history and usage; see operation_docs.cpp.
#include "openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

constexpr std::string_view history_json = "application/json";
constexpr std::string_view history_text = R"({"type":"string"})";
constexpr std::string_view history_time = R"({"type":"string","format":"date-time"})";
constexpr std::string_view history_uuid = R"({"type":"string","format":"uuid"})";

constexpr parameter_doc owner_parameter{
    "user_id",
    "query",
    history_text,
    "For administrators: whose. Without it, and for everybody else, one's own."};

constexpr std::string_view history_schemas_text = R"json({
  "DeletedSubmissions": {
    "type": "object",
    "required": ["deleted", "complete"],
    "properties": {
      "deleted": {"type": "integer"},
      "complete": {"type": "boolean", "description": "false: there are more; ask again"}
    }
  },
  "UsageNumbers": {
    "type": "object",
    "required": [
      "submissions", "cached", "cpu_us", "cpu_seconds", "wall_us", "wall_seconds", "stored_bytes", "by_status"
    ],
    "properties": {
      "day": {"type": "string", "format": "date", "description": "UTC; absent in the total"},
      "submissions": {"type": "integer", "description": "that ended"},
      "cached": {"type": "integer", "description": "of these, answered by the result cache; they used no time"},
      "cpu_us": {"type": "integer"},
      "cpu_seconds": {"type": "number"},
      "wall_us": {"type": "integer"},
      "wall_seconds": {"type": "number"},
      "stored_bytes": {"type": "integer", "description": "of programs and results that were stored, deleted ones too"},
      "by_status": {"type": "object", "additionalProperties": {"type": "integer"}}
    }
  },
  "Usage": {
    "type": "object",
    "required": ["total", "days"],
    "properties": {
      "total": {"$ref": "#/components/schemas/UsageNumbers"},
      "days": {
        "type": "array", "description": "of the last thirty those with any, newest first",
        "items": {"$ref": "#/components/schemas/UsageNumbers"}
      }
    }
  }
})json";

operation_doc list_history_doc() {
    operation_doc out{
        http::verb::get,
        "/api/v1/submissions",
        "list_submissions",
        "Your submissions, newest first, without program text. Filters narrow together; a cursor "
        "goes with the filters of the page that it came from. A page of queued or running ones "
        "alone may have less on it than there is: follow next_cursor.",
        {{"limit",
          "query",
          R"({"type":"integer","minimum":1,"maximum":100,"default":20})",
          "Submissions on a page."},
         {"cursor", "query", history_text, "next_cursor of the page before; its content is ours."}},
        "",
        {{200, "A page.", "SubmissionPage", history_json}},
        {"unauthorized", "invalid_field", "storage_unavailable"}};
    const auto add = [&out](std::string_view name, std::string_view schema, std::string_view what) {
        out.parameters.push_back({name, "query", schema, what});
    };
    add("status", history_text, "One status, or several with commas between.");
    add("language", history_text, "One id or alias, or several with commas between.");
    add("created_after", history_time, "Those that were made then or later.");
    add("created_before", history_time, "Those that were made before then.");
    add("correlation_id", history_uuid, "Those with this id.");
    add("q",
        history_text,
        "Those whose program has all of these words, or words that begin with them. Where "
        "history.full_text is on.");
    out.parameters.push_back(owner_parameter);
    return out;
}

operation_doc end_one_doc() {
    return {
        http::verb::delete_,
        "/api/v1/submissions/{id}",
        "cancel_submission",
        "One that is queued never starts, one that runs is killed with all its processes; it ends "
        "as cancelled. Asking again is harmless. With wait the answer comes with its end. With "
        "purge=true nothing is cancelled: one that has ended is deleted with its result, output, "
        "events and cached copies.",
        {{"id", "path", history_uuid, "The id from the answer to the submission."},
         {"wait",
          "query",
          R"({"type":"integer","minimum":0,"maximum":30,"default":0})",
          "Seconds to wait for its end."},
         {"purge", "query", R"({"type":"boolean","default":false})", "Delete what has ended."}},
        "",
        {{202, "Its end is on the way.", "AcceptedSubmission", history_json},
         {200, "It has ended as cancelled.", "AcceptedSubmission", history_json},
         {204, "It is deleted.", "", ""}},
        {"unauthorized",
         "not_found",
         "already_finished",
         "conflict",
         "invalid_field",
         "storage_unavailable"}};
}

}  // namespace

std::vector<operation_doc> history_operation_docs() {
    std::vector<operation_doc> docs;
    docs.push_back(list_history_doc());
    docs.push_back(end_one_doc());
    docs.push_back(
        {http::verb::delete_,
         "/api/v1/submissions",
         "delete_submissions",
         "Deletes what was made before a time and has ended, as purge does, the oldest first and "
         "10000 in one request. What has not ended stays.",
         {{"before", "query", history_time, "Required."}, owner_parameter},
         "",
         {{200, "How many there were.", "DeletedSubmissions", history_json}},
         {"unauthorized", "invalid_field", "storage_unavailable"}}
    );
    docs.push_back(
        {http::verb::get,
         "/api/v1/me/usage",
         "read_usage",
         "What you have used, by day and in all. Deleting submissions takes nothing away from it.",
         {owner_parameter},
         "",
         {{200, "The numbers.", "Usage", history_json}},
         {"unauthorized", "storage_unavailable"}}
    );
    return docs;
}

nlohmann::json history_schemas() {
    return nlohmann::json::parse(history_schemas_text);
}

}  // namespace sluice::submission
