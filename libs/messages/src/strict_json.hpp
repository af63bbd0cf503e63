// JSON from strangers: valid UTF-8, no key twice, bounded depth, bounded number of values.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace sluice::messages {

struct json_bounds {
    std::size_t max_depth = 8;
    std::size_t max_values = 50'000;
};

struct json_malformed {
    std::string message;  // a sentence for the client, with line and column or the path
};

// An integer that does not fit 64 bits becomes the nearest one that does.
std::variant<nlohmann::json, json_malformed>
parse_strict(std::string_view text, const json_bounds& bounds = {});

// "files[2].name" out of its parts.
std::string join_path(std::string_view parent, std::string_view key);
std::string join_path(std::string_view parent, std::size_t index);

// A client's own text, cut so that an answer cannot be made long with it.
std::string shortened(std::string_view text, std::size_t max_bytes = 64);

}  // namespace sluice::messages
