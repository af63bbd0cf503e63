// Schemas of what clients read, from the tables that also print it.
#pragma once

#include "field_table.hpp"

namespace sluice::messages {

json submission_schema();
json limits_schema();
json compile_report_schema();
json timestamps_schema();
json limits_document_schema();
json language_schema();
// Of a submission with tests or a comparison, beside those of every submission.
json tests_properties();
json test_result_schema();
json tests_total_schema();
json run_report_schema();
json comparison_report_schema();
json batch_schema();

json to_json(const domain::compile_report& r);
json status_schema();

}  // namespace sluice::messages
