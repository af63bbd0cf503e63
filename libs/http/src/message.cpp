// Methods and header lists. Lists are short, so a linear search beats any map.
#include "sluice/http/message.hpp"

#include "field_text.hpp"

#include <algorithm>
#include <array>

namespace sluice::http {
namespace {

constexpr std::array<std::pair<verb, std::string_view>, 7> verbs{{
    {verb::get, "GET"},
    {verb::head, "HEAD"},
    {verb::post, "POST"},
    {verb::put, "PUT"},
    {verb::patch, "PATCH"},
    {verb::delete_, "DELETE"},
    {verb::options, "OPTIONS"},
}};

}  // namespace

std::string_view to_string(verb v) {
    for (const auto& [value, text] : verbs) {
        if (value == v) return text;
    }
    return "?";
}

std::string_view to_string(scope s) {
    switch (s) {
        case scope::automatic:
            return "automatic";
        case scope::read:
            return "read";
        case scope::submit:
            return "submit";
        case scope::admin:
            return "admin";
        case scope::account:
            return "account";
    }
    return "";
}

std::optional<verb> parse_verb(std::string_view text) {
    for (const auto& [value, name] : verbs) {
        if (name == text) return value;
    }
    return std::nullopt;
}

void header_list::set(std::string name, std::string value) {
    std::erase_if(items_, [&](const auto& item) { return field_text::is_same(item.first, name); });
    add(std::move(name), std::move(value));
}

void header_list::add(std::string name, std::string value) {
    items_.emplace_back(std::move(name), std::move(value));
}

std::string_view header_list::get(std::string_view name) const {
    for (const auto& [key, value] : items_) {
        if (field_text::is_same(key, name)) return value;
    }
    return {};
}

bool header_list::contains(std::string_view name) const {
    return std::any_of(items_.begin(), items_.end(), [&](const auto& item) {
        return field_text::is_same(item.first, name);
    });
}

response json_response(unsigned status, std::string json) {
    response answer;
    answer.status = status;
    answer.headers.add("Content-Type", "application/json");
    answer.body = std::move(json);
    return answer;
}

}  // namespace sluice::http
