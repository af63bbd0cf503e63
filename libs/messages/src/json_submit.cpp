// POST /api/v1/submissions: the table of its fields.
#include "json_submit.hpp"

#include "json_input.hpp"

#include "sluice/messages/json.hpp"

#include <array>

namespace sluice::messages {
namespace {

constexpr std::array<const char*, 3> program_fields_of_submit{"source", "source_encoding", "files"};

struct submit_fields {
    domain::submit_request request;
    encoded_text source, stdin_text, expected_output;
    std::optional<std::vector<domain::source_file>> files;
    compare_fields compare;
    callback_fields callback;
};

void read_env(submit_fields& into, json& map, const std::string& path, problem_list& problems) {
    static const json element = shape::text("");
    for (auto& [name, value] : map.items()) {
        if (has_shape(value, element, join_path(path, shortened(name)), problems)) {
            into.request.env.emplace_back(name, take_string(value));
        }
    }
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

void add_output_row(std::vector<input_field<submit_fields>>& table) {
    auto policy = shape::one_of(
        {"end", "truncate"},
        "what output beyond output_bytes does: it ends the run as output_limit, or the result has "
        "the first bytes, those who watch see all of it and the program goes on"
    );
    policy["default"] = "end";
    table.push_back(
        {"on_output_limit",
         std::move(policy),
         [](submit_fields& into, json& value, const std::string&, problem_list&) {
             into.request.truncates_output = value == "truncate";
         }}
    );
}

void add_cache_row(std::vector<input_field<submit_fields>>& table) {
    auto schema = shape::boolean(
        "the result of an earlier run of yours of exactly the same will do; it is answered at once"
    );
    schema["default"] = false;
    table.push_back(
        {"cache",
         std::move(schema),
         [](submit_fields& into, json& value, const std::string&, problem_list&) {
             into.request.cache = value.get<bool>();
         }}
    );
}

void add_test_rows(std::vector<input_field<submit_fields>>& table) {
    table.push_back(
        {"tests",
         shape::list_of(
             shape::reference("Test"),
             "compiled once, run for each of these, several at a time where slots are idle"
         ),
         [](submit_fields& into, json& value, const std::string& path, problem_list& problems) {
             read_tests(into.request.tests, value, path, problems);
         }}
    );
    table.push_back(
        {"stop_on_first_failure",
         shape::boolean("no test is started after one that failed"),
         [](submit_fields& into, json& value, const std::string&, problem_list&) {
             into.request.stop_on_first_failure = value.get<bool>();
         }}
    );
    table.push_back(
        {"compare",
         shape::reference("Compare"),
         [](submit_fields& into, json& value, const std::string& path, problem_list& problems) {
             read_compare(into.compare, value, path, problems);
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
         [](submit_fields& into, json& value, const std::string& path, problem_list& problems) {
             read_files(into.files, value, path, problems);
         }}
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
        "compared with stdout by the rule of `compare`"
    ));
    table.push_back(encoding_row("expected_output_encoding", &submit_fields::expected_output));
    add_interaction_rows(table);
    add_output_row(table);
    add_cache_row(table);
    add_test_rows(table);
    add_callback_rows(table, &submit_fields::callback);
    return table;
}

const std::vector<input_field<submit_fields>>& submit_table() {
    static const auto table = make_submit_table();
    return table;
}

}  // namespace

domain::submit_request
read_submission(json& object, const std::string& path, problem_list& problems) {
    submit_fields fields;
    read_fields(submit_table(), object, path, fields, problems);
    auto& request = fields.request;
    request.stdin_bytes = decode(fields.stdin_text, join_path(path, "stdin"), problems);
    if (fields.expected_output.text) {
        const auto field = join_path(path, "expected_output");
        request.expected_output = decode(fields.expected_output, field, problems);
    }
    request.mail = fields.callback.mail;
    request.callback = callback_of(std::move(fields.callback), path, problems);
    program_text text{std::move(fields.source), std::move(fields.files)};
    request.files = files_of(std::move(text), path, problems);
    request.compare = fields.compare.how;
    request.checker = std::move(fields.compare.checker);
    return std::move(request);
}

std::variant<domain::submit_request, parse_failure> parse_submit_request(std::string_view body) {
    auto parsed = parse_strict(body);
    if (const auto* malformed = std::get_if<json_malformed>(&parsed)) {
        return parse_failure{"The body is no good: " + malformed->message + ".", {}};
    }
    auto& document = std::get<json>(parsed);
    if (!document.is_object()) return parse_failure{"The body must be a JSON object.", {}};
    problem_list problems;
    auto request = read_submission(document, "", problems);
    if (!problems.is_empty()) return parse_failure{"", problems.take()};
    return request;
}

std::variant<execute_request, parse_failure> parse_execute_request(std::string_view body) {
    auto parsed = parse_strict(body.empty() ? "{}" : body);
    if (const auto* malformed = std::get_if<json_malformed>(&parsed)) {
        return parse_failure{"The body is no good: " + malformed->message + ".", {}};
    }
    auto& document = std::get<json>(parsed);
    if (!document.is_object()) return parse_failure{"The body must be a JSON object.", {}};
    problem_list problems;
    execute_request out;
    for (const char* field : program_fields_of_submit) {
        if (!document.contains(field)) continue;
        problems.add(field, "unknown_field", "is not given here: the program is the upload");
        document.erase(field);
    }
    if (const auto found = document.find("main"); found != document.end()) {
        static const json name = shape::text("");
        if (has_shape(*found, name, "main", problems)) out.main_file = take_string(*found);
        document.erase("main");
    }
    out.request = read_submission(document, "", problems);
    if (!problems.is_empty()) return parse_failure{"", problems.take()};
    return out;
}

json execute_request_schema() {
    auto schema = object_schema(submit_table(), "How to run an upload");
    schema["additionalProperties"] = false;
    schema.erase("required");
    for (const char* field : program_fields_of_submit)
        schema["properties"].erase(field);
    schema["properties"]["main"] =
        shape::text("the main file of an archive; absent: the language's usual name");
    return schema;
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

}  // namespace sluice::messages
