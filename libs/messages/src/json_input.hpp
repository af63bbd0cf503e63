// What the tables of requests share: program text in one of two encodings, lists of text, the files
// of a program, limits.
#pragma once

#include "field_table.hpp"

#include "sluice/domain/submission.hpp"

#include <utility>

namespace sluice::messages {

// Text and its encoding may come in any order, so both are kept until all fields are read.
struct encoded_text {
    std::optional<std::string> text;
    bool is_base64 = false;
};

inline std::string take_string(json& value) {
    return std::move(value.get_ref<std::string&>());
}

// An integer beyond 64 bits with sign becomes the largest one: no bound of ours is that large.
std::int64_t to_int64(const json& value);

// The bytes, or a problem (and an empty string).
std::string decode(encoded_text& from, const std::string& path, problem_list& problems);

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

// Calls read(element, its path, its index) for each element of the shape; one of another shape is a
// problem with its place.
template <class Read>
void read_each(
    json& list,
    const json& element_shape,
    const std::string& path,
    problem_list& problems,
    Read read
) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto element = join_path(path, i);
        if (has_shape(list[i], element_shape, element, problems)) read(list[i], element, i);
    }
}

// Strings; each that is none is a problem with its place.
void read_list(
    std::vector<std::string>& into,
    json& list,
    const std::string& path,
    problem_list& problems
);

// A program comes as `source` or as `files`.
struct program_text {
    encoded_text source;
    std::optional<std::vector<domain::source_file>> files;
};
void read_files(
    std::optional<std::vector<domain::source_file>>& into,
    json& list,
    const std::string& path,
    problem_list& problems
);
// The files of either form; `path` is that of the object that holds them.
std::vector<domain::source_file>
files_of(program_text text, const std::string& path, problem_list& problems);

const std::vector<input_field<domain::requested_limits>>& limits_table();

// The parts of a submission that are objects of their own.
void read_tests(
    std::optional<std::vector<domain::test_case>>& into,
    json& list,
    const std::string& path,
    problem_list& problems
);
struct compare_fields {
    std::optional<domain::matching> how;
    std::optional<domain::program_request> checker;
};
void read_compare(
    compare_fields& into,
    json& object,
    const std::string& path,
    problem_list& problems
);

// callback_url and callback_headers, which come in any order.
struct callback_fields {
    std::optional<std::string> url;
    std::optional<std::vector<std::pair<std::string, std::string>>> headers;
    bool mail = false;
};
void read_callback_headers(
    callback_fields& into,
    json& map,
    const std::string& path,
    problem_list& problems
);
std::optional<domain::callback>
callback_of(callback_fields fields, const std::string& path, problem_list& problems);

template <class T>
void add_callback_rows(std::vector<input_field<T>>& table, callback_fields T::*member) {
    table.push_back(
        {"callback_url",
         shape::text("where the end is told by a signed POST; see docs/api/webhooks.md"),
         [member](T& into, json& value, const std::string&, problem_list&) {
             (into.*member).url = take_string(value);
         }}
    );
    table.push_back(
        {"callback_headers",
         shape::map_of(shape::text(""), "sent with it"),
         [member](T& into, json& value, const std::string& path, problem_list& problems) {
             read_callback_headers(into.*member, value, path, problems);
         }}
    );
    table.push_back(
        {"mail",
         shape::boolean("tell you of the end by mail; see docs/api/mail.md"),
         [member](T& into, json& value, const std::string&, problem_list&) {
             (into.*member).mail = value.get<bool>();
         }}
    );
}

// One submission, as a body of its own or as a part of one.
domain::submit_request
read_submission(json& object, const std::string& path, problem_list& problems);

}  // namespace sluice::messages
