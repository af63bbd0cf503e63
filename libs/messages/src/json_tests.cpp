// What clients read of tests, comparisons and batches.
#include "json_parts.hpp"
#include "json_views.hpp"

#include "sluice/messages/json.hpp"

namespace sluice::messages {
namespace {

template <class T>
output_field<T> status_row() {
    return {"status", shape::reference("Status"), [](const T& r) { return to_string(r.status); }};
}

const std::vector<output_field<domain::run_report>>& measured_table() {
    using run = domain::run_report;
    static const auto table = [] {
        std::vector<output_field<run>> rows;
        rows.push_back(status_row<run>());
        rows.push_back(limit_hit_row<run>(true));
        add_measures(rows, true);
        return rows;
    }();
    return table;
}

const std::vector<output_field<domain::run_report>>& printed_table() {
    static const auto table = [] {
        std::vector<output_field<domain::run_report>> rows;
        add_outputs(rows, true);
        return rows;
    }();
    return table;
}

struct numbered_test {
    const domain::test_result& test;
    std::size_t index;
};

// What stands beside the run.
const std::vector<output_field<numbered_test>>& tested_table() {
    using numbered = numbered_test;
    static const std::vector<output_field<numbered>> table{
        {"index",
         shape::integer("its place among the tests, from 0"),
         [](const numbered& n) { return n.index; }},
        {"name",
         shape::text("the client's, or its number from 1"),
         [](const numbered& n) { return printable(n.test.name); }},
        {"weight", shape::integer("points"), [](const numbered& n) { return n.test.weight; }},
        {"status",
         shape::or_null(shape::text("a Status; null: it was not run")),
         [](const numbered& n) {
             return n.test.was_run ? json(to_string(n.test.run.status)) : json(nullptr);
         }},
    };
    return table;
}

const std::vector<output_field<domain::tests_total>>& total_table() {
    using total = domain::tests_total;
    static const auto table = [] {
        std::vector<output_field<total>> rows;
        const auto add = [&](std::string name, std::int64_t total::*member, auto description) {
            rows.push_back({std::move(name), shape::integer(description), [member](const total& t) {
                                return t.*member;
                            }});
        };
        add("count", &total::count, "tests");
        add("passed", &total::passed, "of them accepted");
        add("failed", &total::failed, "run and not accepted");
        add("not_run", &total::not_run, "not run: one before failed, or the time was over");
        add("weight", &total::weight, "sum of all weights");
        add("weight_passed", &total::weight_passed, "sum of the weights of those accepted");
        add("worst_cpu_us", &total::worst_cpu_us, "most processor time of one test");
        add("worst_wall_us", &total::worst_wall_us, "most elapsed time of one test");
        add("worst_memory_peak_bytes", &total::worst_memory_peak_bytes, "most memory of one test");
        return rows;
    }();
    return table;
}

json run_json(const domain::run_report& r) {
    json object = json::object();
    write_fields(measured_table(), r, object);
    write_fields(printed_table(), r, object);
    return object;
}

const std::vector<output_field<domain::comparison_report>>& compared_table() {
    using report = domain::comparison_report;
    const auto side = [](std::string name, auto member) {
        return output_field<report>{
            std::move(name),
            shape::or_null(shape::reference("RunReport")),
            [member](const report& r) {
                return r.*member ? run_json(*(r.*member)) : json(nullptr);
            }};
    };
    static const auto table = [&] {
        std::vector<output_field<report>> rows;
        rows.push_back(
            {"rounds",
             shape::integer("completed, with the differing one"),
             [](const report& r) { return r.rounds; }}
        );
        rows.push_back(
            {"seed",
             shape::or_null(shape::integer("of the round on which the two differ; null: none")),
             [](const report& r) { return or_null(r.seed); }}
        );
        add_text(rows, "input", &report::input, "what the generator printed for it", true);
        rows.push_back({"input_truncated", shape::boolean("it was longer"), [](const report& r) {
                            return r.input_truncated;
                        }});
        rows.push_back(side("first", &report::first));
        rows.push_back(side("second", &report::second));
        return rows;
    }();
    return table;
}

json counts_json(const domain::batch_view& b) {
    json counts = json::object();
    for (const auto& [status, count] : b.counts)
        counts[std::string(to_string(status))] = count;
    return counts;
}

const std::vector<output_field<domain::batch_view>>& batch_view_table() {
    using batch = domain::batch_view;
    static const std::vector<output_field<batch>> table{
        {"correlation_id",
         shape::uuid("names the batch"),
         [](const batch& b) { return b.correlation_id.to_string(); }},
        {"created_at",
         shape::time("accepted"),
         [](const batch& b) { return to_rfc3339(b.created_at); }},
        {"finished_at",
         shape::or_null(shape::time("the last submission's result was stored")),
         [](const batch& b) { return time_or_null(b.finished_at); }},
        {"size", shape::integer("submissions"), [](const batch& b) { return b.size; }},
        {"counts",
         shape::map_of(shape::integer(""), "submissions by status, those of zero left out"),
         [](const batch& b) { return counts_json(b); }},
        {"links",
         shape::map_of(shape::text(""), "where to read it again"),
         [](const batch& b) {
             return json{{"self", "/api/v1/batches/" + b.correlation_id.to_string()}};
         }},
    };
    return table;
}

// Absent when the checker said nothing, or there is none.
void add_checker_output(json& properties) {
    properties["checker_output"] = shape::text("what the checker printed");
    properties["checker_output_encoding"] = shape::one_of({"utf8", "base64"}, "");
}

void write_checker_output(const std::string& text, json& object) {
    if (text.empty()) return;
    object["checker_output"] = printable(text);
    object["checker_output_encoding"] = encoding_of(text);
}

}  // namespace

json test_json(const domain::test_result& t, std::size_t index, bool has_outputs) {
    json object = json::object();
    if (t.was_run) {
        write_fields(measured_table(), t.run, object);
        if (has_outputs) write_fields(printed_table(), t.run, object);
    }
    write_fields(tested_table(), numbered_test{t, index}, object);
    write_checker_output(t.checker_output, object);
    if (!t.message.empty()) object["message"] = printable(t.message);
    return object;
}

void write_tests(const domain::run_result& r, json& object) {
    write_checker_output(r.checker_output, object);
    if (r.comparison) {
        json comparison = json::object();
        write_fields(compared_table(), *r.comparison, comparison);
        object["comparison"] = std::move(comparison);
    }
    if (r.tests.empty()) return;
    json tests = json::array();
    for (std::size_t i = 0; i < r.tests.size(); ++i)
        tests.push_back(test_json(r.tests[i], i, true));
    object["tests"] = std::move(tests);
    json total = json::object();
    write_fields(total_table(), domain::total_of(r.tests), total);
    object["total"] = std::move(total);
}

json to_json(const domain::batch_view& b) {
    json object = json::object();
    write_fields(batch_view_table(), b, object);
    return object;
}

json tests_properties() {
    json properties = {
        {"tests", shape::list_of(shape::reference("TestResult"), "in the order of the request")},
        {"total", shape::reference("TestsTotal")},
        {"comparison", shape::reference("ComparisonReport")},
    };
    add_checker_output(properties);
    return properties;
}

json run_report_schema() {
    auto schema = object_schema(measured_table(), "How one run ended and what it used");
    const auto printed = object_schema(printed_table(), "");
    schema["properties"].update(printed["properties"]);
    return schema;
}

json test_result_schema() {
    auto schema =
        object_schema(tested_table(), "What came of one test; the run's fields if it ran");
    const auto run = run_report_schema();
    for (const auto& [name, property] : run["properties"].items()) {
        if (!schema["properties"].contains(name)) schema["properties"][name] = property;
    }
    add_checker_output(schema["properties"]);
    schema["properties"]["message"] = shape::text("with internal_error: what happened");
    return schema;
}

json tests_total_schema() {
    return object_schema(total_table(), "All tests together");
}

json comparison_report_schema() {
    return object_schema(compared_table(), "What the comparison of two programs found");
}

json batch_schema() {
    return object_schema(batch_view_table(), "Many submissions with one correlation id");
}

}  // namespace sluice::messages
