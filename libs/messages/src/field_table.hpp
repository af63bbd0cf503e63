// One table describes a JSON object: parsing, its problems and its schema come from input_field
// rows, printing and its schema from output_field rows. A row's schema is the JSON Schema of the
// field, and also what decides whether a value has the right type.
#pragma once

#include "strict_json.hpp"

#include "sluice/domain/validation.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::messages {

using nlohmann::json;

// Enough for anybody to mend; a body of nothing but mistakes must not make a huge answer.
inline constexpr std::size_t max_problems = 100;

class problem_list {
public:
    void
    add(std::string field, std::string_view code, std::string message, std::string allowed = {}) {
        if (problems_.size() == max_problems) return;
        problems_.push_back(
            {std::move(field), std::string(code), std::move(message), std::move(allowed)}
        );
    }
    bool is_empty() const { return problems_.empty(); }
    std::vector<domain::input_problem> take() { return std::move(problems_); }

private:
    std::vector<domain::input_problem> problems_;
};

// Shapes, as JSON Schema.
namespace shape {
json text(std::string_view description);
json one_of(std::vector<std::string> values, std::string_view description);
json integer(std::string_view description);
json integer_between(std::int64_t minimum, std::int64_t maximum, std::string_view description);
json number(std::string_view description);
json boolean(std::string_view description);
json time(std::string_view description);
json uuid(std::string_view description);
json list_of(json items, std::string_view description);
json map_of(json values, std::string_view description);
json reference(std::string_view schema_name);
json or_null(json schema);
}  // namespace shape

// Adds a wrong_type or not_allowed problem and returns false when `value` is not of this shape.
bool has_shape(
    const json& value,
    const json& schema,
    const std::string& path,
    problem_list& problems
);

template <class T>
struct input_field {
    std::string name;
    json schema;
    // Called with values of the right type only; may move out of them.
    std::function<void(T& into, json& value, const std::string& path, problem_list& problems)> read;
    bool is_required = false;
};

template <class T>
void read_fields(
    const std::vector<input_field<T>>& table,
    json& object,
    const std::string& path,
    T& into,
    problem_list& problems
) {
    for (auto& [key, value] : object.items()) {
        const input_field<T>* row = nullptr;
        for (const auto& candidate : table) {
            if (candidate.name == key) row = &candidate;
        }
        if (row == nullptr) {
            std::string names;
            for (const auto& known : table)
                names += (names.empty() ? "" : ", ") + known.name;
            const auto field = join_path(path, shortened(key));
            problems.add(field, "unknown_field", "is not a known field", names);
            continue;
        }
        const auto field = join_path(path, key);
        if (has_shape(value, row->schema, field, problems)) {
            row->read(into, value, field, problems);
        }
    }
    for (const auto& row : table) {
        if (row.is_required && !object.contains(row.name)) {
            problems.add(join_path(path, row.name), "required", "is required");
        }
    }
}

template <class T>
struct output_field {
    std::string name;
    json schema;
    std::function<json(const T&)> write;
    bool is_always_present = true;  // for the schema; a row whose write is skipped is not
};

template <class T>
void write_fields(const std::vector<output_field<T>>& table, const T& from, json& object) {
    for (const auto& row : table)
        object[row.name] = row.write(from);
}

// {"type":"object", …} of a table, input or output.
template <class Row>
json object_schema(const std::vector<Row>& table, std::string_view description) {
    json schema = {{"type", "object"}, {"properties", json::object()}};
    if (!description.empty()) schema["description"] = description;
    for (const auto& row : table) {
        schema["properties"][row.name] = row.schema;
        bool is_required = false;
        if constexpr (requires { row.is_required; }) is_required = row.is_required;
        if constexpr (requires { row.is_always_present; }) is_required = row.is_always_present;
        if (is_required) schema["required"].push_back(row.name);
    }
    return schema;
}

}  // namespace sluice::messages
