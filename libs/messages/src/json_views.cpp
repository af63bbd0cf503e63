// What clients read of a submission: one table for each object.
#include "json_views.hpp"

#include "json_parts.hpp"

#include "sluice/messages/json.hpp"

#include <cstring>

namespace sluice::messages {

json time_or_null(const std::optional<wall_time>& value) {
    return value ? json(to_rfc3339(*value)) : json(nullptr);
}

json printable(const std::string& text) {
    return is_valid_utf8(text) ? json(text) : json(base64_encode(text));
}

json encoding_of(const std::string& bytes) {
    return is_valid_utf8(bytes) ? "utf8" : "base64";
}

std::int64_t to_ms(std::int64_t us) {
    return (us + 500) / 1000;
}

json signal_name(const std::optional<int>& signal) {
    if (!signal) return nullptr;
    const char* name = sigabbrev_np(*signal);
    return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(*signal);
}

std::vector<std::string> limit_names() {
    std::vector<std::string> names;
    for (const auto& row : domain::limit_table)
        names.emplace_back(row.name);
    return names;
}

namespace {

const std::vector<output_field<domain::compile_report>>& compile_table() {
    using report = domain::compile_report;
    static const auto table = [] {
        std::vector<output_field<report>> rows;
        add_text(rows, "output", &report::output, "stdout and stderr of the compiler", true);
        rows.push_back(
            {"output_truncated",
             shape::boolean("more came than was kept"),
             [](const report& r) { return r.is_truncated; }}
        );
        add_measures(rows, true);
        rows.push_back(
            {"cached",
             shape::boolean("taken from the compile cache"),
             [](const report& r) { return r.is_cached; }}
        );
        return rows;
    }();
    return table;
}

const std::vector<output_field<domain::hop_times>>& times_table() {
    using times = domain::hop_times;
    static const auto table = [] {
        std::vector<output_field<times>> rows;
        const auto add = [&](std::string name, auto member, std::string_view description) {
            rows.push_back(
                {std::move(name),
                 shape::or_null(shape::time(description)),
                 [member](const times& t) { return time_or_null(t.*member); }}
            );
        };
        add("created_at", &times::created_at, "accepted from the client");
        add("taken_at", &times::taken_at, "taken by a worker");
        add("compiled_at", &times::compiled_at, "compiled, or found in the cache");
        add("started_at", &times::started_at, "the program started");
        add("ended_at", &times::ended_at, "the program ended");
        add("persisted_at", &times::persisted_at, "the result was stored");
        return rows;
    }();
    return table;
}

// Every row is absent until the submission has ended.
const std::vector<output_field<domain::run_result>>& result_table() {
    using run = domain::run_result;
    static const auto table = [] {
        std::vector<output_field<run>> rows;
        const auto add = [&](std::string name, json schema, auto value) {
            rows.push_back({std::move(name), std::move(schema), value, false});
        };
        rows.push_back(limit_hit_row<run>(false));
        add_outputs(rows, false);
        add_measures(rows, false);
        add("compile", shape::or_null(shape::reference("CompileReport")), [](const run& r) {
            return r.compile ? to_json(*r.compile) : json(nullptr);
        });
        add("worker_id", shape::text("the worker that ran it"), [](const run& r) {
            return printable(r.worker_id);
        });
        add("attempt", shape::integer("1, or more when a worker was lost"), [](const run& r) {
            return r.attempt;
        });
        add("message",
            shape::or_null(shape::text("with internal_error and some others: what happened")),
            [](const run& r) { return r.message.empty() ? json(nullptr) : printable(r.message); });
        add("cached", shape::boolean("taken from the result cache"), [](const run& r) {
            return r.original_run_at.has_value();
        });
        add("original_run_at",
            shape::or_null(shape::time("of a cached result: when it was run")),
            [](const run& r) { return time_or_null(r.original_run_at); });
        add("timestamps", shape::reference("Timestamps"), [](const run& r) {
            json times = json::object();
            write_fields(times_table(), r.times, times);
            return times;
        });
        return rows;
    }();
    return table;
}

const std::vector<output_field<domain::submission_view>>& submission_table() {
    using view = domain::submission_view;
    static const std::vector<output_field<view>> table{
        {"id", shape::uuid("sorts by creation"), [](const view& v) { return v.id.to_string(); }},
        {"correlation_id",
         shape::uuid("follows the submission everywhere"),
         [](const view& v) { return v.correlation_id.to_string(); }},
        {"status", shape::reference("Status"), [](const view& v) { return to_string(v.status); }},
        {"created_at",
         shape::time("accepted from the client"),
         [](const view& v) { return to_rfc3339(v.created_at); }},
        {"language", shape::text("id"), [](const view& v) { return printable(v.language); }},
        {"version",
         shape::or_null(shape::text("the version that was asked for")),
         [](const view& v) { return v.version.empty() ? json(nullptr) : printable(v.version); }},
        {"limits",
         shape::reference("Limits"),
         [](const view& v) { return to_json(v.result ? v.result->limits : v.limits); }},
        {"links",
         shape::map_of(shape::text(""), "where to read it again"),
         [](const view& v) {
             return json{{"self", "/api/v1/submissions/" + v.id.to_string()}};
         }},
    };
    return table;
}

}  // namespace

json to_json(const domain::compile_report& r) {
    json object = json::object();
    write_fields(compile_table(), r, object);
    return object;
}

json to_json(const domain::submission_view& v) {
    json object = json::object();
    write_fields(submission_table(), v, object);
    if (!v.result) return object;
    write_fields(result_table(), *v.result, object);
    object["status"] = to_string(v.result->status);
    write_tests(*v.result, object);
    return object;
}

json to_json(const domain::limits& l) {
    json object = json::object();
    for (const auto& row : domain::limit_table)
        object[std::string(row.name)] = l.*row.field;
    return object;
}

json submission_schema() {
    auto schema = object_schema(submission_table(), "A submission; the result once it has ended");
    const auto result = object_schema(result_table(), "");
    schema["properties"].update(result["properties"]);
    schema["properties"].update(tests_properties());
    return schema;
}

json limits_schema() {
    json schema = {
        {"type", "object"},
        {"description", "Limits in force"},
        {"properties", json::object()},
        {"required", limit_names()},
    };
    for (const auto& row : domain::limit_table) {
        schema["properties"][std::string(row.name)] = shape::integer(row.meaning);
    }
    return schema;
}

json compile_report_schema() {
    return object_schema(compile_table(), "What the compiler said and used");
}

json timestamps_schema() {
    return object_schema(times_table(), "When the submission passed each station");
}

json status_schema() {
    std::vector<std::string> names;
    for (const auto s : domain::all_statuses)
        names.emplace_back(to_string(s));
    return shape::one_of(std::move(names), "queued and running pass; the others are final");
}

}  // namespace sluice::messages
