// Every route of the service. The router, 404 and 405, metric labels, OpenAPI and docs/api come
// from this table; tests/golden/routes.json shows it to reviewers.
#pragma once

#include "app_context.hpp"
#include "config.hpp"

#include "sluice/http/router.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <vector>

namespace sluice::submission {

std::span<const http::route<app_context>> routes();
// Without those that the configuration takes away.
std::vector<http::route<app_context>> enabled_routes(const compatibility_section& c);

// [{method, path, access, body_limit, summary}], in the order of the table.
nlohmann::json routes_document();

}  // namespace sluice::submission
