// POST /api/v1/batches and POST /api/v1/comparisons: bodies that hold several programs.
#include "json_input.hpp"
#include "json_submit.hpp"
#include "json_submit_program.hpp"

#include "sluice/messages/json.hpp"

namespace sluice::messages {
namespace {

constexpr std::string_view usual_shell = "bash";

struct batch_fields {
    std::vector<domain::submit_request> items;
    std::vector<std::string> commands;
    std::string language{usual_shell};
    bool has_items = false, has_commands = false;
    callback_fields callback;
};

std::vector<input_field<batch_fields>> batch_rows() {
    return {
        {"items",
         shape::list_of(shape::reference("SubmitRequest"), "the submissions"),
         [](batch_fields& into, json& list, const std::string& path, problem_list& problems) {
             into.has_items = true;
             const auto read = [&](json& object, const std::string& element, std::size_t) {
                 into.items.push_back(read_submission(object, element, problems));
                 object = nullptr;  // its text has been moved out of it
             };
             read_each(list, shape::reference("SubmitRequest"), path, problems, read);
         }},
        {"commands",
         shape::list_of(shape::text(""), "instead of items: one program of `language` for each"),
         [](batch_fields& into, json& list, const std::string& path, problem_list& problems) {
             into.has_commands = true;
             read_list(into.commands, list, path, problems);
         }},
        {"language",
         [] {
             auto schema = shape::text("of the commands");
             schema["default"] = usual_shell;
             return schema;
         }(),
         [](batch_fields& into, json& value, const std::string&, problem_list&) {
             into.language = take_string(value);
         }},
    };
}

const std::vector<input_field<batch_fields>>& batch_table() {
    static const std::vector<input_field<batch_fields>> table = [] {
        auto rows = batch_rows();
        add_callback_rows(rows, &batch_fields::callback);
        return rows;
    }();
    return table;
}

struct comparison_fields {
    domain::comparison_request request;
    compare_fields compare;
    callback_fields callback;
};

const std::vector<input_field<comparison_fields>>& comparison_table() {
    const auto program = [](std::string name, auto member) {
        return input_field<comparison_fields>{
            std::move(name),
            shape::reference("Program"),
            [member](auto& into, json& value, const std::string& path, problem_list& problems) {
                into.request.*member = read_program(value, path, problems);
            },
            true};
    };
    const auto number = [](std::string name, auto member, json schema) {
        return input_field<comparison_fields>{
            std::move(name),
            std::move(schema),
            [member](comparison_fields& into, json& value, const std::string&, problem_list&) {
                into.request.*member = to_int64(value);
            }};
    };
    using request = domain::comparison_request;
    static const auto table = [&] {
        std::vector<input_field<comparison_fields>> rows{
            program("first", &request::first),
            program("second", &request::second),
            program("generator", &request::generator),
            {"args",
             shape::list_of(shape::text(""), "arguments of both programs"),
             [](auto& into, json& value, const std::string& path, problem_list& problems) {
                 read_list(into.request.args, value, path, problems);
             }},
            {"compare",
             shape::reference("Compare"),
             [](auto& into, json& value, const std::string& path, problem_list& problems) {
                 read_compare(into.compare, value, path, problems);
             }},
            number("seed", &request::seed, shape::integer("of the first round; default 1")),
            number("rounds", &request::rounds, shape::integer_between(1, 1000, "default 100")),
            number(
                "time_ms",
                &request::time_ms,
                shape::integer_between(1, 300'000, "no round begins after this; default 30000")
            ),
        };
        add_callback_rows(rows, &comparison_fields::callback);
        return rows;
    }();
    return table;
}

// Of many programs; the size of the body is bounded before.
constexpr json_bounds bounds_of_many{8, 400'000};

std::variant<json, parse_failure> parse_object(std::string_view body) {
    auto parsed = parse_strict(body, bounds_of_many);
    if (const auto* malformed = std::get_if<json_malformed>(&parsed)) {
        return parse_failure{"The body is no good: " + malformed->message + ".", {}};
    }
    auto& document = std::get<json>(parsed);
    if (!document.is_object()) return parse_failure{"The body must be a JSON object.", {}};
    return std::move(document);
}

}  // namespace

std::variant<domain::batch_request, parse_failure> parse_batch_request(std::string_view body) {
    auto parsed = parse_object(body);
    if (auto* failure = std::get_if<parse_failure>(&parsed)) return std::move(*failure);
    problem_list problems;
    batch_fields fields;
    read_fields(batch_table(), std::get<json>(parsed), "", fields, problems);
    if (fields.has_items == fields.has_commands) {
        problems.add(
            "items",
            fields.has_items ? "not_allowed" : "required",
            fields.has_items ? "is given together with commands" : "is required",
            "exactly one of items and commands"
        );
    }
    domain::batch_request request;
    request.mail = fields.callback.mail;
    request.callback = callback_of(std::move(fields.callback), "", problems);
    if (!problems.is_empty()) return parse_failure{"", problems.take()};
    request.items = std::move(fields.items);
    request.is_commands = fields.has_commands;
    for (auto& command : fields.commands) {
        domain::submit_request item;
        item.language = fields.language;
        item.files.push_back({"", std::move(command)});
        request.items.push_back(std::move(item));
    }
    return request;
}

std::variant<domain::comparison_request, parse_failure> parse_comparison_request(
    std::string_view body
) {
    auto parsed = parse_object(body);
    if (auto* failure = std::get_if<parse_failure>(&parsed)) return std::move(*failure);
    problem_list problems;
    comparison_fields fields;
    read_fields(comparison_table(), std::get<json>(parsed), "", fields, problems);
    if (fields.compare.checker) {
        problems.add(
            "compare.checker",
            "not_allowed",
            "two programs are not compared by a checker",
            "no checker"
        );
    }
    fields.request.mail = fields.callback.mail;
    fields.request.callback = callback_of(std::move(fields.callback), "", problems);
    if (!problems.is_empty()) return parse_failure{"", problems.take()};
    fields.request.compare = fields.compare.how;
    return std::move(fields.request);
}

json batch_request_schema() {
    auto schema = object_schema(batch_table(), "Many submissions, accepted whole or refused whole");
    schema["additionalProperties"] = false;
    schema["oneOf"] = json::array(
        {{{"required", json::array({"items"})}}, {{"required", json::array({"commands"})}}}
    );
    return schema;
}

json comparison_request_schema() {
    auto schema = object_schema(
        comparison_table(),
        "Two programs on generated inputs. The generator gets the round's seed as its argument and "
        "prints the input."
    );
    schema["additionalProperties"] = false;
    return schema;
}

}  // namespace sluice::messages
