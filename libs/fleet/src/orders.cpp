// See orders.hpp. What does not have the shape that we write is nothing.
#include "sluice/fleet/orders.hpp"

#include "sluice/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace sluice::fleet {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<action, std::string_view>, 7> names{{
    {action::pause, "pause"},
    {action::resume, "resume"},
    {action::drain, "drain"},
    {action::report, "report"},
    {action::list_settings, "list_settings"},
    {action::check_settings, "check_settings"},
    {action::apply_settings, "apply_settings"},
}};

std::string text_of(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<runtime::setting_overrides> values_of(const json& object) {
    if (!object.is_object()) return std::nullopt;
    runtime::setting_overrides values;
    for (const auto& [name, value] : object.items()) {
        if (!value.is_string()) return std::nullopt;
        values.emplace(name, value.get<std::string>());
    }
    return values;
}

}  // namespace

std::string_view to_string(action a) {
    for (const auto& [each, name] : names) {
        if (each == a) return name;
    }
    return {};
}

std::optional<action> parse_action(std::string_view text) {
    for (const auto& [each, name] : names) {
        if (name == text) return each;
    }
    return std::nullopt;
}

std::string encode(const order& o) {
    return json_text(json{
        {"id", o.id},
        {"what", to_string(o.what)},
        {"instance", o.instance},
        {"values", o.values},
        {"by", o.by},
        {"correlation_id", o.correlation_id}});
}

std::optional<order> decode_order(std::string_view text) {
    const auto j = json::parse(text, nullptr, false);
    if (!j.is_object() || !j.contains("values")) return std::nullopt;
    const auto what = parse_action(text_of(j, "what"));
    auto values = values_of(j["values"]);
    if (!what || !values) return std::nullopt;
    return order{
        text_of(j, "id"),
        *what,
        text_of(j, "instance"),
        std::move(*values),
        text_of(j, "by"),
        text_of(j, "correlation_id")};
}

std::string encode(const answer& a) {
    json problems = json::array();
    for (const auto& p : a.problems)
        problems.push_back({{"setting", p.setting}, {"message", p.message}});
    json changes = json::array();
    for (const auto& c : a.changes)
        changes.push_back({{"name", c.name}, {"from", c.from}, {"to", c.to}});
    return json_text(json{
        {"order", a.order},
        {"service", a.service},
        {"instance", a.instance},
        {"applied", a.is_applied},
        {"reason", a.reason},
        {"problems", std::move(problems)},
        {"changes", std::move(changes)},
        {"body", json::parse(a.body, nullptr, false)}});
}

std::optional<answer> decode_answer(std::string_view text) {
    const auto j = json::parse(text, nullptr, false);
    if (!j.is_object() || !j.contains("body")) return std::nullopt;
    answer a;
    a.order = text_of(j, "order");
    a.service = text_of(j, "service");
    a.instance = text_of(j, "instance");
    a.reason = text_of(j, "reason");
    const auto applied = j.find("applied");
    a.is_applied = applied != j.end() && applied->is_boolean() && applied->get<bool>();
    const auto problems = j.find("problems");
    if (problems != j.end() && problems->is_array()) {
        for (const auto& p : *problems) {
            if (p.is_object()) a.problems.push_back({text_of(p, "setting"), text_of(p, "message")});
        }
    }
    const auto changes = j.find("changes");
    if (changes != j.end() && changes->is_array()) {
        for (const auto& c : *changes) {
            if (c.is_object())
                a.changes.push_back({text_of(c, "name"), text_of(c, "from"), text_of(c, "to"), true}
                );
        }
    }
    a.body = json_text(j["body"]);
    return a;
}

std::string encode_values(const runtime::setting_overrides& values) {
    return json_text(json{{"values", values}});
}

std::optional<runtime::setting_overrides> decode_values(std::string_view text) {
    const auto j = json::parse(text, nullptr, false);
    if (!j.is_object() || !j.contains("values")) return std::nullopt;
    return values_of(j["values"]);
}

}  // namespace sluice::fleet
