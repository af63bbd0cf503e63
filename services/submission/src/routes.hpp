// Every route of the service. The router, 404 and 405, metric labels, OpenAPI and docs/api come
// from this table; tests/golden/routes.json shows it to reviewers.
#pragma once

#include "app_context.hpp"

#include "sluice/http/router.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>

namespace sluice::submission {

std::span<const http::route<app_context>> routes();
// Without those of older systems that can be switched off.
std::span<const http::route<app_context>> native_routes();

// [{method, path, access, body_limit, summary}], in the order of the table.
nlohmann::json routes_document();

}  // namespace sluice::submission
