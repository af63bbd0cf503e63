// See json_input.hpp.
#include "json_input.hpp"

#include "json_submit.hpp"

#include "sluice/messages/json.hpp"

#include <limits>

namespace sluice::messages {
namespace {

struct file_fields {
    std::string name;
    encoded_text content;
};

const std::vector<input_field<file_fields>>& file_table() {
    static const std::vector<input_field<file_fields>> table{
        {"name",
         shape::text("relative path below the working folder"),
         [](file_fields& into, json& value, const std::string&, problem_list&) {
             into.name = take_string(value);
         },
         true},
        [] {
            auto row = text_row<file_fields>("content", &file_fields::content, "the file's text");
            row.is_required = true;
            return row;
        }(),
        encoding_row<file_fields>("encoding", &file_fields::content),
    };
    return table;
}

std::vector<input_field<domain::requested_limits>> make_limits_table() {
    std::vector<input_field<domain::requested_limits>> table;
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i) {
        const auto& row = domain::limit_table[i];
        const auto read = [i, &row](
                              domain::requested_limits& into,
                              json& value,
                              const std::string& path,
                              problem_list& problems
                          ) {
            constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
            if (value.is_number_unsigned() && value.get<std::uint64_t>() > largest) {
                problems.add(
                    path,
                    "too_large",
                    "is larger than any limit",
                    std::to_string(row.minimum) + " to " + std::to_string(row.maximum)
                );
                return;
            }
            into.values[i] = value.get<std::int64_t>();
        };
        auto schema = shape::integer_between(row.minimum, row.maximum, row.meaning);
        schema["default"] = row.default_value;
        table.push_back({std::string(row.name), std::move(schema), read});
    }
    return table;
}

}  // namespace

std::int64_t to_int64(const json& value) {
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    if (!value.is_number_unsigned()) return value.get<std::int64_t>();
    const auto given = value.get<std::uint64_t>();
    return given > static_cast<std::uint64_t>(largest) ? largest : static_cast<std::int64_t>(given);
}

std::string decode(encoded_text& from, const std::string& path, problem_list& problems) {
    if (!from.text) return {};
    if (!from.is_base64) return std::move(*from.text);
    auto bytes = base64_decode(*from.text);
    if (bytes) return std::move(*bytes);
    problems.add(
        path,
        "malformed",
        "is not base64",
        "RFC 4648 base64 with padding and without white space"
    );
    return {};
}

void read_list(
    std::vector<std::string>& into,
    json& list,
    const std::string& path,
    problem_list& problems
) {
    static const json element_shape = shape::text("");
    const auto read = [&](json& text, const std::string&, std::size_t) {
        into.push_back(take_string(text));
    };
    read_each(list, element_shape, path, problems, read);
}

void read_files(
    std::optional<std::vector<domain::source_file>>& into,
    json& list,
    const std::string& path,
    problem_list& problems
) {
    into.emplace();
    const auto read = [&](json& object, const std::string& element, std::size_t) {
        file_fields fields;
        read_fields(file_table(), object, element, fields, problems);
        auto content = decode(fields.content, join_path(element, "content"), problems);
        into->push_back({std::move(fields.name), std::move(content)});
    };
    read_each(list, shape::reference("File"), path, problems, read);
}

std::vector<domain::source_file>
files_of(program_text text, const std::string& path, problem_list& problems) {
    std::vector<domain::source_file> files;
    auto source = decode(text.source, join_path(path, "source"), problems);
    if (text.source.text && text.files) {
        problems.add(
            join_path(path, "source"),
            "not_allowed",
            "is given together with files",
            "exactly one of source and files"
        );
    } else if (text.source.text) {
        files.push_back({"", std::move(source)});
    } else if (text.files) {
        files = std::move(*text.files);
        // An empty name means "a lone source" further on; in a list it is a mistake.
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (!files[i].name.empty() || !problems.is_empty()) continue;
            const auto element = join_path(join_path(path, "files"), i);
            problems.add(join_path(element, "name"), "required", "is empty");
        }
    }
    return files;
}

const std::vector<input_field<domain::requested_limits>>& limits_table() {
    static const auto table = make_limits_table();
    return table;
}

json file_schema() {
    auto schema = object_schema(file_table(), "One file of a program");
    schema["additionalProperties"] = false;
    return schema;
}

json requested_limits_schema() {
    auto schema =
        object_schema(limits_table(), "Limits of the run; what is left out has a default");
    schema["additionalProperties"] = false;
    return schema;
}

void read_callback_headers(
    callback_fields& into,
    json& map,
    const std::string& path,
    problem_list& problems
) {
    static const json element = shape::text("");
    into.headers.emplace();
    for (auto& [name, value] : map.items()) {
        if (has_shape(value, element, join_path(path, shortened(name)), problems)) {
            into.headers->emplace_back(name, take_string(value));
        }
    }
}

std::optional<domain::callback>
callback_of(callback_fields fields, const std::string& path, problem_list& problems) {
    if (!fields.url) {
        if (fields.headers) {
            problems.add(
                join_path(path, "callback_headers"),
                "not_allowed",
                "is given without callback_url"
            );
        }
        return std::nullopt;
    }
    return domain::callback{
        std::move(*fields.url),
        std::move(fields.headers).value_or(std::vector<std::pair<std::string, std::string>>{})};
}

}  // namespace sluice::messages
