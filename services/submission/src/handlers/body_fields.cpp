// See body_fields.hpp.
#include "body_fields.hpp"

#include <algorithm>

namespace sluice::submission {

using nlohmann::json;

outcome<body_fields>
body_fields::parse(const http::request& q, std::initializer_list<std::string_view> known) {
    body_fields out;
    out.fields_ = json::parse(q.body, nullptr, false);
    if (!out.fields_.is_object()) {
        return reject("invalid_json", "the body must be a JSON object in UTF-8");
    }
    for (const auto& [name, value] : out.fields_.items()) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        out.wrong(name.c_str(), "unknown_field", "there is no such field");
    }
    if (auto no = out.problems()) return std::move(*no);
    return out;
}

std::string body_fields::text(const char* name) {
    const auto found = fields_.find(name);
    if (found == fields_.end() || found->is_null()) return "";
    if (found->is_string()) return found->get<std::string>();
    wrong(name, "wrong_type", "must be a string");
    return "";
}

bool body_fields::flag(const char* name) {
    const auto found = fields_.find(name);
    if (found == fields_.end() || found->is_null()) return false;
    if (found->is_boolean()) return found->get<bool>();
    wrong(name, "wrong_type", "must be true or false");
    return false;
}

std::vector<std::string> body_fields::texts(const char* name) {
    std::vector<std::string> out;
    const auto found = fields_.find(name);
    if (found == fields_.end() || found->is_null()) return out;
    const auto is_text = [](const json& one) { return one.is_string(); };
    if (!found->is_array() || !std::all_of(found->begin(), found->end(), is_text)) {
        wrong(name, "wrong_type", "must be a list of strings");
        return out;
    }
    for (const json& one : *found)
        out.push_back(one.get<std::string>());
    return out;
}

std::vector<std::pair<std::string, std::string>> body_fields::text_map(const char* name) {
    std::vector<std::pair<std::string, std::string>> out;
    const auto found = fields_.find(name);
    if (found == fields_.end() || found->is_null()) return out;
    const auto is_text = [](const json& one) { return one.is_string(); };
    if (!found->is_object() || !std::all_of(found->begin(), found->end(), is_text)) {
        wrong(name, "wrong_type", "must be an object whose values are strings");
        return out;
    }
    for (const auto& [key, value] : found->items())
        out.emplace_back(key, value.get<std::string>());
    return out;
}

void body_fields::require(const char* name) {
    if (!fields_.contains(name)) wrong(name, "required", "is missing");
}

std::optional<rejection> body_fields::problems() const {
    if (problems_.empty()) return std::nullopt;
    const bool is_shape = std::any_of(problems_.begin(), problems_.end(), [](const auto& p) {
        return p.code != "required";
    });
    rejection no = is_shape ? reject("invalid_request", "the body does not have the expected shape")
                            : reject("invalid_field", "something is missing");
    no.problems = problems_;
    return no;
}

void body_fields::wrong(const char* name, const char* code, const char* message) {
    domain::input_problem p;
    p.field = name;
    p.code = code;
    p.message = message;
    problems_.push_back(std::move(p));
}

}  // namespace sluice::submission
