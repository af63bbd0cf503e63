// Schemas of what a client posts, for the OpenAPI document.
#pragma once

#include "field_table.hpp"

namespace sluice::messages {

json submit_request_schema();
json execute_request_schema();
json file_schema();
json requested_limits_schema();
json test_schema();
json compare_schema();
json program_schema();
json batch_request_schema();
json comparison_request_schema();

}  // namespace sluice::messages
