// What clients read of a submission: one table for each object.
#include "json_views.hpp"

#include "sluice/messages/json.hpp"

#include <cstring>

namespace sluice::messages {
namespace {

template <class T>
json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json(nullptr);
}

json time_or_null(const std::optional<wall_time>& value) {
    return value ? json(to_rfc3339(*value)) : json(nullptr);
}

// Text of our own making; a bad byte in it must not make the whole answer unprintable.
json printable(const std::string& text) {
    return is_valid_utf8(text) ? json(text) : json(base64_encode(text));
}

json text_of(const std::string& bytes) {
    return printable(bytes);
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

// <name> and <name>_encoding.
template <class T>
void add_text(
    std::vector<output_field<T>>& table,
    const std::string& name,
    std::string T::*member,
    std::string_view description,
    bool is_always_present
) {
    table.push_back(
        {name,
         shape::text(description),
         [member](const T& from) { return text_of(from.*member); },
         is_always_present}
    );
    table.push_back(
        {name + "_encoding",
         shape::one_of({"utf8", "base64"}, "base64 when the text is not valid UTF-8"),
         [member](const T& from) { return encoding_of(from.*member); },
         is_always_present}
    );
}

// What was measured, the same of a run and of a compilation: both as …_ms for people and …_us,
// because many programs end within a millisecond.
template <class T>
void add_measures(std::vector<output_field<T>>& table, bool is_always_present) {
    const auto add = [&](std::string name, std::string_view description, auto value) {
        table.push_back({std::move(name), shape::integer(description), value, is_always_present});
    };
    add("cpu_ms", "processor time, rounded", [](const T& r) { return to_ms(r.cpu_us); });
    add("cpu_us", "processor time of all processes", [](const T& r) { return r.cpu_us; });
    add("wall_ms", "elapsed time, rounded", [](const T& r) { return to_ms(r.wall_us); });
    add("wall_us", "elapsed time", [](const T& r) { return r.wall_us; });
    add("memory_peak_bytes", "largest use of memory", [](const T& r) { return r.memory_peak_bytes; }
    );
    table.push_back(
        {"exit_code",
         shape::or_null(shape::integer("null when a signal ended it")),
         [](const T& r) { return or_null(r.exit_code); },
         is_always_present}
    );
    table.push_back(
        {"signal",
         shape::or_null(shape::integer("number of the signal that ended it")),
         [](const T& r) { return or_null(r.signal); },
         is_always_present}
    );
    table.push_back(
        {"signal_name",
         shape::or_null(shape::text("such as SIGSEGV")),
         [](const T& r) { return signal_name(r.signal); },
         is_always_present}
    );
}

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

std::vector<std::string> limit_names() {
    std::vector<std::string> names;
    for (const auto& row : domain::limit_table)
        names.emplace_back(row.name);
    return names;
}

// Every row is absent until the submission has ended.
const std::vector<output_field<domain::run_result>>& result_table() {
    using run = domain::run_result;
    static const auto table = [] {
        std::vector<output_field<run>> rows;
        const auto add = [&](std::string name, json schema, auto value) {
            rows.push_back({std::move(name), std::move(schema), value, false});
        };
        add("limit_hit",
            shape::or_null(shape::one_of(limit_names(), "the limit that the run met")),
            [](const run& r) {
                const auto name = to_string(r.limit_hit);
                return name.empty() ? json(nullptr) : json(name);
            });
        add_text(rows, "stdout", &run::stdout_bytes, "what the program wrote", false);
        add("stdout_truncated", shape::boolean("more came than was kept"), [](const run& r) {
            return r.stdout_truncated;
        });
        add_text(rows, "stderr", &run::stderr_bytes, "what it wrote to stderr", false);
        add("stderr_truncated", shape::boolean("more came than was kept"), [](const run& r) {
            return r.stderr_truncated;
        });
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
            shape::or_null(shape::text("with internal_error: what happened")),
            [](const run& r) { return r.message.empty() ? json(nullptr) : printable(r.message); });
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
