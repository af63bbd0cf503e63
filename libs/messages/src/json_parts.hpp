// Rows that several answers share: text with its encoding, what a run used.
#pragma once

#include "field_table.hpp"

#include "sluice/core/clock.hpp"

namespace sluice::messages {

template <class T>
json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json(nullptr);
}

json time_or_null(const std::optional<wall_time>& value);
// Text of our own making; a bad byte in it must not make the whole answer unprintable.
json printable(const std::string& text);
json encoding_of(const std::string& bytes);
std::int64_t to_ms(std::int64_t us);  // rounded
json signal_name(const std::optional<int>& signal);
std::vector<std::string> limit_names();

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
         [member](const T& from) { return printable(from.*member); },
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

template <class T>
output_field<T> limit_hit_row(bool is_always_present) {
    return {
        "limit_hit",
        shape::or_null(shape::one_of(limit_names(), "the limit that the run met")),
        [](const T& r) {
            const auto name = to_string(r.limit_hit);
            return name.empty() ? json(nullptr) : json(name);
        },
        is_always_present};
}

// stdout and stderr with their encodings and whether more came.
template <class T>
void add_outputs(std::vector<output_field<T>>& table, bool is_always_present) {
    const auto truncated = [&](std::string name, bool T::*member) {
        table.push_back(
            {std::move(name),
             shape::boolean("more came than was kept"),
             [member](const T& r) { return r.*member; },
             is_always_present}
        );
    };
    add_text(table, "stdout", &T::stdout_bytes, "what the program wrote", is_always_present);
    truncated("stdout_truncated", &T::stdout_truncated);
    add_text(table, "stderr", &T::stderr_bytes, "what it wrote to stderr", is_always_present);
    truncated("stderr_truncated", &T::stderr_truncated);
}

// Tests and comparisons of a result, put into the object of the result.
void write_tests(const domain::run_result& r, json& object);
json test_json(const domain::test_result& t, std::size_t index, bool has_outputs);

}  // namespace sluice::messages
