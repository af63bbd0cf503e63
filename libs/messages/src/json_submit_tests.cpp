// Tests, the rule that compares outputs, and programs beside the submission's own, as clients write
// them.
#include "json_input.hpp"
#include "json_submit.hpp"
#include "json_submit_program.hpp"

namespace sluice::messages {
namespace {

struct test_fields {
    domain::test_case test;
    encoded_text stdin_text, expected_output;
};

const std::vector<input_field<test_fields>>& test_table() {
    static const std::vector<input_field<test_fields>> table{
        {"name",
         shape::text("for people; absent: its number, from 1"),
         [](test_fields& into, json& value, const std::string&, problem_list&) {
             into.test.name = take_string(value);
         }},
        text_row("stdin", &test_fields::stdin_text, "what the program reads"),
        encoding_row("stdin_encoding", &test_fields::stdin_text),
        {"args",
         shape::list_of(shape::text(""), "arguments, instead of the submission's"),
         [](test_fields& into, json& value, const std::string& path, problem_list& problems) {
             read_list(into.test.args.emplace(), value, path, problems);
         }},
        text_row(
            "expected_output",
            &test_fields::expected_output,
            "compared with stdout; absent: the program need only end well"
        ),
        encoding_row("expected_output_encoding", &test_fields::expected_output),
        {"weight",
         [] {
             auto schema = shape::integer_between(0, 1'000'000, "points; only added up");
             schema["default"] = 1;
             return schema;
         }(),
         [](test_fields& into, json& value, const std::string&, problem_list&) {
             into.test.weight = to_int64(value);
         }},
    };
    return table;
}

const std::vector<input_field<program_fields>>& program_table() {
    static const std::vector<input_field<program_fields>> table{
        {"language",
         shape::text("id or alias of a language"),
         [](program_fields& into, json& value, const std::string&, problem_list&) {
             into.program.language = take_string(value);
         },
         true},
        {"version",
         shape::text("a version or its beginning; absent: any"),
         [](program_fields& into, json& value, const std::string&, problem_list&) {
             into.program.version = take_string(value);
         }},
        text_row("source", &program_fields::source, "the program, when it is one file"),
        encoding_row("source_encoding", &program_fields::source),
        {"files",
         shape::list_of(shape::reference("File"), "its files; the first is the main one"),
         [](program_fields& into, json& value, const std::string& path, problem_list& problems) {
             read_files(into.files, value, path, problems);
         }},
        {"compile_args",
         shape::list_of(shape::text(""), "further arguments of the compiler"),
         [](program_fields& into, json& value, const std::string& path, problem_list& problems) {
             read_list(into.program.compile_args, value, path, problems);
         }},
        {"limits",
         shape::reference("RequestedLimits"),
         [](program_fields& into, json& value, const std::string& path, problem_list& problems) {
             read_fields(limits_table(), value, path, into.program.limits, problems);
         }},
    };
    return table;
}

std::vector<std::string> mode_names() {
    std::vector<std::string> names;
    for (const auto mode : domain::all_match_modes)
        names.emplace_back(to_string(mode));
    return names;
}

const std::vector<input_field<compare_fields>>& compare_table() {
    const auto tolerance = [](std::string name, double domain::matching::*member, auto meaning) {
        auto schema = shape::number(meaning);
        schema["minimum"] = 0;
        schema["default"] = domain::matching{}.*member;
        return input_field<compare_fields>{
            std::move(name),
            std::move(schema),
            [member](compare_fields& into, json& value, const std::string&, problem_list&) {
                (*into.how).*member = value.get<double>();
            }};
    };
    static const std::vector<input_field<compare_fields>> table{
        {"mode",
         [] {
             auto schema = shape::one_of(
                 mode_names(),
                 "trim: but for space at line ends and empty lines at the end; exact: byte for "
                 "byte; tokens: the same words; float: numbers within abs or rel, other words the "
                 "same; checker: as the program `checker` says"
             );
             schema["default"] = "trim";
             return schema;
         }(),
         [](compare_fields& into, json& value, const std::string&, problem_list&) {
             into.how->mode = *domain::parse_match_mode(value.get_ref<const std::string&>());
         }},
        tolerance("abs", &domain::matching::absolute, "largest difference, with float"),
        tolerance("rel", &domain::matching::relative, "the same as a part of the expected number"),
        {"checker",
         shape::reference("Program"),
         [](compare_fields& into, json& value, const std::string& path, problem_list& problems) {
             into.checker = read_program(value, path, problems);
         }},
    };
    return table;
}

template <class Table>
json strict_schema(const Table& table, std::string_view description) {
    auto schema = object_schema(table, description);
    schema["additionalProperties"] = false;
    return schema;
}

}  // namespace

domain::program_request
read_program(json& object, const std::string& path, problem_list& problems) {
    program_fields fields;
    read_fields(program_table(), object, path, fields, problems);
    program_text text{std::move(fields.source), std::move(fields.files)};
    fields.program.files = files_of(std::move(text), path, problems);
    return std::move(fields.program);
}

void read_tests(
    std::optional<std::vector<domain::test_case>>& into,
    json& list,
    const std::string& path,
    problem_list& problems
) {
    into.emplace();
    const auto read = [&](json& object, const std::string& element, std::size_t i) {
        test_fields fields;
        read_fields(test_table(), object, element, fields, problems);
        auto& test = fields.test;
        if (test.name.empty()) test.name = std::to_string(i + 1);
        test.stdin_bytes = decode(fields.stdin_text, join_path(element, "stdin"), problems);
        if (fields.expected_output.text) {
            const auto field = join_path(element, "expected_output");
            test.expected_output = decode(fields.expected_output, field, problems);
        }
        into->push_back(std::move(test));
    };
    read_each(list, shape::reference("Test"), path, problems, read);
}

void read_compare(
    compare_fields& into,
    json& object,
    const std::string& path,
    problem_list& problems
) {
    into.how.emplace();
    read_fields(compare_table(), object, path, into, problems);
}

json test_schema() {
    return strict_schema(test_table(), "One input of a submission that is run on many");
}

json program_schema() {
    auto schema = strict_schema(program_table(), "A program beside the submission's own");
    schema["oneOf"] = json::array(
        {{{"required", json::array({"source"})}}, {{"required", json::array({"files"})}}}
    );
    return schema;
}

json compare_schema() {
    return strict_schema(
        compare_table(),
        "How stdout is compared. A checker gets the names of three files as arguments (the input, "
        "the program's output, the expected output) and ends with 0 for right or 1 for wrong; what "
        "it prints is shown as checker_output."
    );
}

}  // namespace sluice::messages
