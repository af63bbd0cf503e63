// The interface of an older cloud job service over our own use cases: docs/api/system-a.md.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/router.hpp"

#include <span>

namespace sluice::submission {

std::span<const http::route<app_context>> system_a_routes();

}  // namespace sluice::submission
