// See sluice/core/json_text.hpp. Printing is compiled here once: each file that prints JSON by
// itself generates the serializer again.
#include "sluice/core/json_text.hpp"

#include <nlohmann/json.hpp>

namespace sluice {
namespace {

template <class Json>
std::string printed(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string json_text(const nlohmann::json& value) {
    return printed(value);
}

std::string json_text(const nlohmann::ordered_json& value) {
    return printed(value);
}

std::string quoted_json(std::string_view text) {
    return printed(nlohmann::json(text));
}

}  // namespace sluice
