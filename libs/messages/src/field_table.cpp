// Shapes and the check of a value against one.
#include "field_table.hpp"

namespace sluice::messages {
namespace shape {
namespace {

json of_type(std::string_view type, std::string_view description) {
    json schema = {{"type", type}};
    if (!description.empty()) schema["description"] = description;
    return schema;
}

}  // namespace

json text(std::string_view description) {
    return of_type("string", description);
}
json one_of(std::vector<std::string> values, std::string_view description) {
    auto schema = of_type("string", description);
    schema["enum"] = std::move(values);
    return schema;
}
json integer(std::string_view description) {
    return of_type("integer", description);
}
json integer_between(std::int64_t minimum, std::int64_t maximum, std::string_view description) {
    auto schema = integer(description);
    schema["minimum"] = minimum;
    schema["maximum"] = maximum;
    return schema;
}
json number(std::string_view description) {
    return of_type("number", description);
}
json boolean(std::string_view description) {
    return of_type("boolean", description);
}
json time(std::string_view description) {
    auto schema = text(description);
    schema["format"] = "date-time";
    return schema;
}
json uuid(std::string_view description) {
    auto schema = text(description);
    schema["format"] = "uuid";
    return schema;
}
json list_of(json items, std::string_view description) {
    auto schema = of_type("array", description);
    schema["items"] = std::move(items);
    return schema;
}
json map_of(json values, std::string_view description) {
    auto schema = of_type("object", description);
    schema["additionalProperties"] = std::move(values);
    return schema;
}
json reference(std::string_view schema_name) {
    return {{"$ref", "#/components/schemas/" + std::string(schema_name)}};
}
json or_null(json schema) {
    if (schema.contains("$ref")) {
        return {{"oneOf", json::array({std::move(schema), of_type("null", "")})}};
    }
    schema["type"] = json::array({schema["type"], "null"});
    if (schema.contains("enum")) schema["enum"].push_back(nullptr);
    return schema;
}

}  // namespace shape

namespace {

std::string_view kind_of(const json& value) {
    switch (value.type()) {
        case json::value_t::null:
            return "null";
        case json::value_t::object:
            return "an object";
        case json::value_t::array:
            return "an array";
        case json::value_t::string:
            return "a string";
        case json::value_t::boolean:
            return "a boolean";
        case json::value_t::number_float:
            return "a number with a fraction or exponent";
        default:
            return "an integer";
    }
}

bool is_of_type(const json& value, const std::string& type) {
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "array") return value.is_array();
    return value.is_object();
}

}  // namespace

bool has_shape(
    const json& value,
    const json& schema,
    const std::string& path,
    problem_list& problems
) {
    // A reference is always to an object, in every table.
    const auto type = schema.contains("$ref") ? "object" : schema["type"].get<std::string>();
    if (!is_of_type(value, type)) {
        const auto wanted = std::string(type.find_first_of("aio") == 0 ? "an " : "a ") + type;
        problems.add(
            path,
            "wrong_type",
            "is " + std::string(kind_of(value)) + ", not " + wanted,
            wanted
        );
        return false;
    }
    if (!schema.contains("enum")) return true;
    std::string allowed;
    for (const auto& known : schema["enum"]) {
        if (known == value) return true;
        allowed += (allowed.empty() ? "" : ", ") + known.get<std::string>();
    }
    problems.add(path, "not_allowed", "is not a known value", allowed);
    return false;
}

}  // namespace sluice::messages
