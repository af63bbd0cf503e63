// Reading of one mapping; see the header.
#include "yaml_reader.hpp"

#include <charconv>

namespace sluice::languages {

yaml_reader::yaml_reader(
    YAML::Node node,
    std::string file_name,
    std::string where,
    std::vector<std::string>& problems
)
    : node_(std::move(node))
    , file_name_(std::move(file_name))
    , where_(std::move(where))
    , problems_(problems) {
    if (!node_.IsMap()) {
        problems_.push_back(place(node_) + "must be a mapping of keys to values");
        node_ = YAML::Node(YAML::NodeType::Map);
    }
}

std::string yaml_reader::place(const YAML::Node& at) const {
    const auto mark = at.Mark();
    const auto line = mark.is_null() ? std::string() : std::to_string(mark.line + 1) + ": ";
    return file_name_ + ":" + (line.empty() ? " " : line);
}

void yaml_reader::problem(const char* key, std::string_view message) {
    // A const node: asking it for a key does not create the key.
    const YAML::Node& mapping = node_;
    const auto value = mapping[key];
    const auto name = where_.empty() ? std::string(key) : where_ + "." + key;
    problems_.push_back(place(value ? value : node_) + "'" + name + "' " + std::string(message));
}

YAML::Node yaml_reader::find(const char* key) {
    asked_.insert(key);
    const YAML::Node& mapping = node_;
    return mapping[key];
}

std::string yaml_reader::text(const char* key, std::string fallback) {
    const auto value = find(key);
    if (!value) return fallback;
    if (value.IsScalar()) return value.Scalar();
    problem(key, "must be text");
    return fallback;
}

std::string yaml_reader::required_text(const char* key) {
    auto value = text(key);
    if (value.empty()) problem(key, "is required");
    return value;
}

bool yaml_reader::boolean(const char* key, bool fallback) {
    const auto value = find(key);
    if (!value) return fallback;
    if (value.IsScalar() && value.Scalar() == "true") return true;
    if (value.IsScalar() && value.Scalar() == "false") return false;
    problem(key, "must be true or false");
    return fallback;
}

std::vector<std::string> yaml_reader::text_list(const char* key) {
    const auto value = find(key);
    std::vector<std::string> list;
    if (!value) return list;
    if (!value.IsSequence()) {
        problem(key, "must be a list");
        return list;
    }
    for (const auto& element : value) {
        if (element.IsScalar()) {
            list.push_back(element.Scalar());
        } else {
            problem(key, "must be a list of texts");
        }
    }
    return list;
}

std::vector<std::string> yaml_reader::required_text_list(const char* key) {
    auto list = text_list(key);
    if (list.empty()) problem(key, "is required and must not be empty");
    return list;
}

namespace {

std::optional<std::int64_t> parse_integer(const YAML::Node& value) {
    if (!value.IsScalar()) return std::nullopt;
    const auto& text = value.Scalar();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole ? std::optional(number) : std::nullopt;
}

}  // namespace

std::vector<std::int64_t> yaml_reader::integer_list(const char* key) {
    const auto value = find(key);
    std::vector<std::int64_t> list;
    if (!value) return list;
    if (!value.IsSequence()) problem(key, "must be a list");
    for (const auto& element : value) {
        const auto number = parse_integer(element);
        if (!number) problem(key, "must be a list of integers");
        list.push_back(number.value_or(0));
    }
    return list;
}

std::optional<std::int64_t> yaml_reader::integer(const char* key) {
    const auto value = find(key);
    if (!value) return std::nullopt;
    const auto number = parse_integer(value);
    if (!number) problem(key, "must be an integer");
    return number;
}

std::vector<std::pair<std::string, std::string>> yaml_reader::text_map(const char* key) {
    const auto value = find(key);
    std::vector<std::pair<std::string, std::string>> map;
    if (!value) return map;
    if (!value.IsMap()) {
        problem(key, "must be a mapping");
        return map;
    }
    for (const auto& entry : value) {
        if (entry.first.IsScalar() && entry.second.IsScalar()) {
            map.emplace_back(entry.first.Scalar(), entry.second.Scalar());
        } else {
            problem(key, "must be a mapping of names to texts");
        }
    }
    return map;
}

YAML::Node yaml_reader::mapping(const char* key) {
    const auto value = find(key);
    return value ? value : YAML::Node(YAML::NodeType::Map);
}

void yaml_reader::refuse_unknown_keys() {
    std::set<std::string> seen;
    for (const auto& entry : node_) {
        const auto name = entry.first.Scalar();
        const auto shown = where_.empty() ? name : where_ + "." + name;
        if (!asked_.contains(name)) {
            std::string known;
            for (const auto& key : asked_)
                known += (known.empty() ? "" : ", ") + key;
            problems_.push_back(
                place(entry.first) + "unknown key '" + shown + "'; known are " + known
            );
        } else if (!seen.insert(name).second) {
            problems_.push_back(place(entry.first) + "key '" + shown + "' is given twice");
        }
    }
}

}  // namespace sluice::languages
