// POST /api/v1/submissions: the table of its fields, and how program text in one of two encodings
// becomes bytes.
#include "json_submit.hpp"

#include "sluice/messages/json.hpp"

#include <limits>

namespace sluice::messages {
namespace {

// Text and its encoding may come in any order, so both are kept until all fields are read.
struct encoded_text {
    std::optional<std::string> text;
    bool is_base64 = false;
};

struct file_fields {
    std::string name;
    encoded_text content;
};

struct submit_fields {
    domain::submit_request request;
    encoded_text source, stdin_text, expected_output;
    std::optional<std::vector<domain::source_file>> files;
};

std::string take_string(json& value) {
    return std::move(value.get_ref<std::string&>());
}

// The bytes, or a problem (and an empty string).
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

template <class T>
input_field<T> text_row(std::string name, encoded_text T::*member, std::string_view description) {
    const auto read = [member](T& into, json& value, const std::string&, problem_list&) {
        (into.*member).text = take_string(value);
    };
    return {std::move(name), shape::text(description), read};
}

template <class T>
input_field<T> encoding_row(std::string name, encoded_text T::*member) {
    const auto read = [member](T& into, json& value, const std::string&, problem_list&) {
        (into.*member).is_base64 = value == "base64";
    };
    auto schema = shape::one_of({"utf8", "base64"}, "how the field before it is written");
    schema["default"] = "utf8";
    return {std::move(name), std::move(schema), read};
}

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

void read_files(submit_fields& into, json& list, const std::string& path, problem_list& problems) {
    into.files.emplace();
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto element = join_path(path, i);
        if (!has_shape(list[i], shape::reference("File"), element, problems)) continue;
        file_fields fields;
        read_fields(file_table(), list[i], element, fields, problems);
        auto content = decode(fields.content, join_path(element, "content"), problems);
        into.files->push_back({std::move(fields.name), std::move(content)});
    }
}

void read_list(
    std::vector<std::string>& into,
    json& list,
    const std::string& path,
    problem_list& problems
) {
    static const json element = shape::text("");
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (has_shape(list[i], element, join_path(path, i), problems)) {
            into.push_back(take_string(list[i]));
        }
    }
}

void read_env(submit_fields& into, json& map, const std::string& path, problem_list& problems) {
    static const json element = shape::text("");
    for (auto& [name, value] : map.items()) {
        if (has_shape(value, element, join_path(path, shortened(name)), problems)) {
            into.request.env.emplace_back(name, take_string(value));
        }
    }
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

const std::vector<input_field<domain::requested_limits>>& limits_table() {
    static const auto table = make_limits_table();
    return table;
}

void add_interaction_rows(std::vector<input_field<submit_fields>>& table) {
    table.push_back(
        {"interactive",
         shape::boolean("stdin, signals and the like come over the WebSocket while it runs"),
         [](submit_fields& into, json& value, const std::string&, problem_list&) {
             into.request.interactive = value.get<bool>();
         }}
    );
    table.push_back(
        {"tty",
         shape::boolean("the program gets a pseudo-terminal; with interactive only"),
         [](submit_fields& into, json& value, const std::string&, problem_list&) {
             into.request.tty = value.get<bool>();
         }}
    );
    auto disconnect = shape::one_of(
        {"continue", "cancel"},
        "what happens when the last WebSocket session that watches it has gone"
    );
    disconnect["default"] = "continue";
    table.push_back(
        {"on_disconnect",
         std::move(disconnect),
         [](submit_fields& into, json& value, const std::string&, problem_list&) {
             into.request.cancel_on_disconnect = value == "cancel";
         }}
    );
}

std::vector<input_field<submit_fields>> make_submit_table() {
    const auto list_row = [](std::string name,
                             std::vector<std::string> domain::submit_request::*member,
                             std::string_view description) {
        const auto read = [member](
                              submit_fields& into,
                              json& value,
                              const std::string& path,
                              problem_list& problems
                          ) { read_list(into.request.*member, value, path, problems); };
        return input_field<submit_fields>{
            std::move(name),
            shape::list_of(shape::text(""), description),
            read};
    };
    std::vector<input_field<submit_fields>> table;
    table.push_back(
        {"language",
         shape::text("id or alias of a language (GET /api/v1/languages)"),
         [](submit_fields& into, json& value, const std::string&, problem_list&) {
             into.request.language = take_string(value);
         }}
    );
    table.push_back(
        {"version",
         shape::text("a version or its beginning, such as \"3.11\"; absent: any"),
         [](submit_fields& into, json& value, const std::string&, problem_list&) {
             into.request.version = take_string(value);
         }}
    );
    table.push_back(text_row("source", &submit_fields::source, "the program, when it is one file"));
    table.push_back(encoding_row("source_encoding", &submit_fields::source));
    table.push_back(
        {"files",
         shape::list_of(shape::reference("File"), "the program's files; the first is the main one"),
         read_files}
    );
    table.push_back(text_row("stdin", &submit_fields::stdin_text, "what the program reads"));
    table.push_back(encoding_row("stdin_encoding", &submit_fields::stdin_text));
    table.push_back(list_row("args", &domain::submit_request::args, "the program's arguments"));
    table.push_back(list_row(
        "compile_args",
        &domain::submit_request::compile_args,
        "further arguments of the compiler"
    ));
    table.push_back(
        {"env", shape::map_of(shape::text(""), "environment variables of the run"), read_env}
    );
    table.push_back(
        {"limits",
         shape::reference("RequestedLimits"),
         [](submit_fields& into, json& value, const std::string& path, problem_list& problems) {
             read_fields(limits_table(), value, path, into.request.limits, problems);
         }}
    );
    table.push_back(text_row(
        "expected_output",
        &submit_fields::expected_output,
        "compared with stdout but for white space at line ends and empty lines at the end"
    ));
    table.push_back(encoding_row("expected_output_encoding", &submit_fields::expected_output));
    add_interaction_rows(table);
    return table;
}

const std::vector<input_field<submit_fields>>& submit_table() {
    static const auto table = make_submit_table();
    return table;
}

}  // namespace

std::variant<domain::submit_request, parse_failure> parse_submit_request(std::string_view body) {
    auto parsed = parse_strict(body);
    if (const auto* malformed = std::get_if<json_malformed>(&parsed)) {
        return parse_failure{"The body is no good: " + malformed->message + ".", {}};
    }
    auto& document = std::get<json>(parsed);
    if (!document.is_object()) return parse_failure{"The body must be a JSON object.", {}};

    problem_list problems;
    submit_fields fields;
    read_fields(submit_table(), document, "", fields, problems);
    auto source = decode(fields.source, "source", problems);
    auto& request = fields.request;
    request.stdin_bytes = decode(fields.stdin_text, "stdin", problems);
    if (fields.expected_output.text) {
        request.expected_output = decode(fields.expected_output, "expected_output", problems);
    }
    if (fields.source.text && fields.files) {
        problems.add(
            "source",
            "not_allowed",
            "is given together with files",
            "exactly one of source and files"
        );
    } else if (fields.source.text) {
        request.files.push_back({"", std::move(source)});
    } else if (fields.files) {
        request.files = std::move(*fields.files);
        // An empty name means "a lone source" further on; in a list it is a mistake.
        for (std::size_t i = 0; i < request.files.size(); ++i) {
            if (!request.files[i].name.empty() || !problems.is_empty()) continue;
            problems.add(join_path(join_path("files", i), "name"), "required", "is empty");
        }
    }
    if (!problems.is_empty()) return parse_failure{"", problems.take()};
    return std::move(request);
}

json submit_request_schema() {
    auto schema = object_schema(submit_table(), "A program to run");
    schema["additionalProperties"] = false;
    schema["required"] = {"language"};
    schema["oneOf"] = json::array(
        {{{"required", json::array({"source"})}}, {{"required", json::array({"files"})}}}
    );
    return schema;
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

}  // namespace sluice::messages
