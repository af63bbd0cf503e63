// The OpenAPI document as one self-contained page for people: no script, no font, nothing loaded.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace sluice::submission {

std::string docs_page(const nlohmann::json& openapi);

}  // namespace sluice::submission
