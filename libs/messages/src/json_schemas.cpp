// The schemas of the OpenAPI document, gathered from the tables.
#include "json_submit.hpp"
#include "json_views.hpp"

#include "sluice/messages/json.hpp"

namespace sluice::messages {
namespace {

json field_problem_schema() {
    return {
        {"type", "object"},
        {"description", "One wrong field"},
        {"properties",
         {{"field", shape::text("path, such as files[2].name")},
          {"code",
           shape::one_of(
               {"unknown_field",
                "wrong_type",
                "required",
                "malformed",
                "not_allowed",
                "too_large",
                "too_small",
                "too_many"},
               ""
           )},
          {"message", shape::text("what is wrong")},
          {"allowed", shape::text("what would be right")}}},
        {"required", {"field", "code", "message"}},
    };
}

json problem_schema() {
    return {
        {"type", "object"},
        {"description", "An error (RFC 9457)"},
        {"properties",
         {{"type", shape::text("URI reference of the kind of problem")},
          {"title", shape::text("")},
          {"status", shape::integer("the HTTP status")},
          {"detail", shape::text("")},
          {"code", shape::text("from the catalogue of errors")},
          {"errors", shape::list_of(shape::reference("FieldProblem"), "every wrong field")},
          {"correlation_id", shape::text("")}}},
        {"required", {"type", "title", "status", "code"}},
    };
}

json frame_schema() {
    return {
        {"type", "object"},
        {"description", "An event of a submission or a batch, as pushed over WebSocket"},
        {"properties",
         {{"type",
           shape::one_of(
               {"submission.queued",
                "submission.running",
                "submission.compiled",
                "test.finished",
                "submission.finished",
                "batch.finished"},
               ""
           )},
          {"event_id", shape::text("for last_event_id")},
          {"submission_id", shape::uuid("absent with batch.finished")},
          {"correlation_id", shape::uuid("")},
          {"at", shape::time("")},
          {"data", {{"type", "object"}}}}},
        {"required", {"type", "event_id", "correlation_id", "at", "data"}},
    };
}

}  // namespace

json json_schemas() {
    return {
        {"SubmitRequest", submit_request_schema()},
        {"ExecuteUploadRequest", execute_request_schema()},
        {"File", file_schema()},
        {"RequestedLimits", requested_limits_schema()},
        {"Test", test_schema()},
        {"Compare", compare_schema()},
        {"Program", program_schema()},
        {"BatchRequest", batch_request_schema()},
        {"ComparisonRequest", comparison_request_schema()},
        {"Submission", submission_schema()},
        {"Status", status_schema()},
        {"Limits", limits_schema()},
        {"CompileReport", compile_report_schema()},
        {"Timestamps", timestamps_schema()},
        {"TestResult", test_result_schema()},
        {"TestsTotal", tests_total_schema()},
        {"RunReport", run_report_schema()},
        {"ComparisonReport", comparison_report_schema()},
        {"Batch", batch_schema()},
        {"LimitsDocument", limits_document_schema()},
        {"Language", language_schema()},
        {"Problem", problem_schema()},
        {"FieldProblem", field_problem_schema()},
        {"Frame", frame_schema()},
    };
}

}  // namespace sluice::messages
