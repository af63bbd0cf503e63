// Schemas of what a client posts, for the OpenAPI document.
#pragma once

#include "field_table.hpp"

namespace sluice::messages {

json submit_request_schema();
json file_schema();
json requested_limits_schema();

}  // namespace sluice::messages
