// JSON as one line of text that is valid whatever the strings in it hold: bytes that are not UTF-8
// become U+FFFD instead of an exception.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace sluice {

std::string json_text(const nlohmann::json& value);
std::string json_text(const nlohmann::ordered_json& value);

// The text as a JSON string, with its quotes.
std::string quoted_json(std::string_view text);

}  // namespace sluice
