// Reads a configuration: the visitor walks the struct, and for each field takes the environment's
// text if there is one, else the file's node, else leaves the default. Every problem is collected
// before the exception, so that the operator mends them in one go.
#include "config_names.hpp"

#include "sluice/core/config.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

namespace sluice {
namespace {

using config_names::dotted_name;
using config_names::environment_name;
using config_names::joined;
using config_names::suggestion;

// A value as text together with where it was written, for messages.
struct source_text {
    std::string where;  // "services/x.yaml:12" or "SLUICE__POOL__SIZE"
    std::string text;
    bool is_plain = true;  // false: quoted in the file, thus text and not a number
};

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
    Number value{};
    const char* end = text.data() + text.size();
    const auto [rest, status] = std::from_chars(text.data(), end, value);
    if (status != std::errc() || rest != end) return std::nullopt;
    return value;
}

// The content of a secret's file without its one trailing newline.
std::optional<std::string> read_secret_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf())) return std::nullopt;
    std::string text = std::move(content).str();
    if (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

class reader final : public config_visitor {
public:
    reader(std::string file, const std::map<std::string, std::string>& environment)
        : file_(std::move(file)), environment_(environment) {
        levels_.emplace_back();
    }

    void open_file() {
        if (file_.empty()) return;
        try {
            levels_.back().node.reset(YAML::LoadFile(file_));
        } catch (const YAML::BadFile&) {
            problem(file_, "cannot be read");
            return;
        } catch (const YAML::Exception& e) {
            problem(at(e.mark), "is not YAML: " + e.msg);
            return;
        }
        check_is_map(levels_.back().node, file_);
    }

    // Reports what nobody asked for, then throws if anything was wrong.
    void finish() {
        report_unknown_keys();
        report_unknown_variables();
        if (!problems_.empty()) throw config_error(std::move(problems_));
    }

    void field(std::string_view name, bool& value, std::string_view) override {
        const auto text = scalar(name, false);
        if (!text) return;
        if (text->is_plain && (text->text == "true" || text->text == "false")) {
            value = text->text == "true";
        } else {
            wrong_type(name, *text, "true or false");
        }
    }

    void field(std::string_view name, std::int64_t& value, std::string_view, int_range allowed)
        override {
        const auto text = scalar(name, false);
        if (!text) return;
        const auto number = parse_number<std::int64_t>(text->text);
        if (!number || !text->is_plain) return wrong_type(name, *text, "a whole number");
        if (*number < allowed.minimum || *number > allowed.maximum) {
            constexpr auto top = std::numeric_limits<std::int64_t>::max();
            return problem(
                text->where,
                quoted(name) + " is " + text->text + "; allowed is " +
                    std::to_string(allowed.minimum) +
                    (allowed.maximum == top ? std::string(" or more")
                                            : " to " + std::to_string(allowed.maximum))
            );
        }
        value = *number;
    }

    void field(std::string_view name, double& value, std::string_view) override {
        const auto text = scalar(name, false);
        if (!text) return;
        const auto number = parse_number<double>(text->text);
        if (!number || !text->is_plain) return wrong_type(name, *text, "a number");
        value = *number;
    }

    void field(std::string_view name, std::string& value, std::string_view) override {
        if (auto text = scalar(name, false)) value = std::move(text->text);
    }

    void field(std::string_view name, secret& value, std::string_view) override {
        if (auto text = scalar(name, true)) value.value = std::move(text->text);
    }

    void field(std::string_view name, byte_size& value, std::string_view) override {
        read_unit(name, value, parse_byte_size);
    }

    void field(std::string_view name, std::chrono::milliseconds& value, std::string_view) override {
        read_unit(name, value, parse_duration);
    }

    void field(std::string_view name, std::vector<std::string>& value, std::string_view) override {
        if (const auto text = from_environment(name, false)) {
            if (auto items = parse_list(*text)) {
                value = std::move(*items);
            } else {
                wrong_type(name, *text, "a list: a,b,c or a JSON array of texts");
            }
            return;
        }
        const YAML::Node node = file_node(name);
        if (!node.IsDefined()) return;
        std::vector<std::string> items;
        bool is_good = node.IsSequence();
        if (is_good) {
            for (const YAML::Node& item : node) {
                is_good = is_good && item.IsScalar();
                if (is_good) items.push_back(item.Scalar());
            }
        }
        if (!is_good) return problem(at(node.Mark()), quoted(name) + " must be a list of texts");
        value = std::move(items);
    }

    void field(std::string_view name, std::map<std::string, std::string>& value, std::string_view)
        override {
        read_map(name, value, false);
    }

    void secret_keys(
        std::string_view name,
        std::map<std::string, std::string>& value,
        std::string_view
    ) override {
        read_map(name, value, true);
    }

    void choice(
        std::string_view name,
        std::string& value,
        std::vector<std::string> allowed,
        std::string_view
    ) override {
        auto text = scalar(name, false);
        if (!text) return;
        if (std::find(allowed.begin(), allowed.end(), text->text) == allowed.end()) {
            return problem(
                text->where,
                quoted(name) + " is '" + text->text + "'; allowed is " + joined(allowed)
            );
        }
        value = std::move(text->text);
    }

protected:
    void enter(std::string_view name, std::string_view) override {
        const YAML::Node node = file_node(name);
        levels_.emplace_back();
        path_.emplace_back(name);
        if (!node.IsDefined() || node.IsNull()) return;
        levels_.back().node.reset(node);
        check_is_map(levels_.back().node, at(node.Mark()));
    }

    void leave() override {
        report_unknown_keys();
        levels_.pop_back();
        path_.pop_back();
    }

private:
    struct level {
        YAML::Node node;
        std::vector<std::string> names;  // the keys the struct has here
    };

    void problem(const std::string& where, const std::string& what) {
        problems_.push_back(where + ": " + what);
    }
    void wrong_type(std::string_view name, const source_text& text, std::string_view expected) {
        const bool is_variable = text.where == environment_name(path_, name);
        const std::string shown = is_variable || text.is_plain ? "'" + text.text + "'" : "a text";
        problem(text.where, quoted(name) + " must be " + std::string(expected) + ", not " + shown);
    }
    std::string quoted(std::string_view name) const { return "'" + dotted_name(path_, name) + "'"; }
    std::string at(const YAML::Mark& mark) const {
        return mark.is_null() ? file_ : file_ + ":" + std::to_string(mark.line + 1);
    }

    void check_is_map(YAML::Node& node, const std::string& where) {
        if (!node.IsDefined() || node.IsNull() || node.IsMap()) return;
        problem(where, "expected settings of the form 'name: value' here");
        node.reset(YAML::Node());
    }

    // The file's node of this field; undefined when absent. Remembers the name as known.
    YAML::Node file_node(std::string_view name) {
        level& here = levels_.back();
        here.names.emplace_back(name);
        if (path_.empty()) root_names_.insert(environment_name({}, name));
        const YAML::Node& node = here.node;
        if (!node.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
        return node[std::string(name)];
    }

    std::optional<source_text> from_environment(std::string_view name, bool is_secret) {
        const std::string variable = environment_name(path_, name);
        known_variables_.push_back(variable);
        const auto found = environment_.find(variable);
        if (is_secret) {
            const std::string file_variable = variable + "_FILE";
            known_variables_.push_back(file_variable);
            const auto file = environment_.find(file_variable);
            if (file != environment_.end()) {
                if (found != environment_.end()) {
                    problem(file_variable, "is set together with " + variable + "; keep one");
                    return std::nullopt;
                }
                auto content = read_secret_file(file->second);
                if (!content) {
                    problem(file_variable, "cannot read '" + file->second + "'");
                    return std::nullopt;
                }
                return source_text{file_variable, std::move(*content)};
            }
        }
        if (found == environment_.end()) return std::nullopt;
        return source_text{variable, found->second};
    }

    // The environment's text, else the file's scalar. The file's key counts as known in both cases.
    std::optional<source_text> scalar(std::string_view name, bool is_secret) {
        const YAML::Node node = file_node(name);
        if (auto text = from_environment(name, is_secret)) return text;
        if (!node.IsDefined()) return std::nullopt;
        if (!node.IsScalar()) {
            problem(
                at(node.Mark()),
                quoted(name) + (node.IsNull() ? " has no value" : " must be a single value")
            );
            return std::nullopt;
        }
        return source_text{at(node.Mark()), node.Scalar(), node.Tag() != "!"};
    }

    template <class T>
    void read_unit(std::string_view name, T& value, result<T> (*parse)(std::string_view)) {
        const auto text = scalar(name, false);
        if (!text) return;
        auto parsed = parse(text->text);
        if (!parsed) return problem(text->where, quoted(name) + ": " + parsed.error().detail);
        value = *parsed;
    }

    static std::optional<std::vector<std::string>> parse_list(const source_text& source) {
        std::vector<std::string> items;
        const std::string& text = source.text;
        if (text.empty()) return items;
        if (text.front() == '[') {
            const auto json = nlohmann::json::parse(text, nullptr, false);
            if (!json.is_array()) return std::nullopt;
            for (const auto& item : json) {
                if (!item.is_string()) return std::nullopt;
                items.push_back(item.get<std::string>());
            }
            return items;
        }
        std::istringstream stream(text);
        for (std::string item; std::getline(stream, item, ',');)
            items.push_back(item);
        return items;
    }

    void
    read_map(std::string_view name, std::map<std::string, std::string>& value, bool is_secret) {
        const YAML::Node node = file_node(name);
        std::map<std::string, std::string> items;
        if (const auto text = from_environment(name, is_secret)) {
            const auto json = nlohmann::json::parse(text->text, nullptr, false);
            bool is_good = json.is_object();
            if (is_good) {
                for (const auto& [key, item] : json.items()) {
                    is_good = is_good && item.is_string();
                    if (is_good) items.emplace(key, item.get<std::string>());
                }
            }
            // The text itself is not repeated: it may be secret.
            if (!is_good) return problem(text->where, "must be a JSON object of texts");
            value = std::move(items);
            return;
        }
        if (!node.IsDefined() || node.IsNull()) return;
        bool is_good = node.IsMap();
        if (is_good) {
            for (const auto& item : node) {
                is_good = is_good && item.first.IsScalar() && item.second.IsScalar();
                if (is_good) items.emplace(item.first.Scalar(), item.second.Scalar());
            }
        }
        if (!is_good) return problem(at(node.Mark()), quoted(name) + " must map texts to texts");
        value = std::move(items);
    }

    void report_unknown_keys() {
        const level& here = levels_.back();
        if (!here.node.IsMap()) return;
        std::set<std::string> seen;
        for (const auto& item : here.node) {
            const std::string key = item.first.IsScalar() ? item.first.Scalar() : "?";
            const std::string where = at(item.first.Mark());
            const auto& names = here.names;
            if (std::find(names.begin(), names.end(), key) == names.end()) {
                problem(where, "unknown key " + quoted(key) + suggestion(key, names));
            } else if (!seen.insert(key).second) {
                problem(where, "key " + quoted(key) + " stands here twice");
            }
        }
    }

    void report_unknown_variables() {
        std::set<std::string> known(known_variables_.begin(), known_variables_.end());
        for (const auto& [variable, value] : environment_) {
            if (!variable.starts_with("SLUICE__") || known.contains(variable)) continue;
            // One environment may serve all services, so only a name whose first level is ours is
            // judged.
            const std::size_t second = variable.find("__", std::string_view("SLUICE__").size());
            if (!root_names_.contains(variable.substr(0, second))) continue;
            problem(variable, "names no setting" + suggestion(variable, known_variables_));
        }
    }

    std::string file_;
    const std::map<std::string, std::string>& environment_;
    std::vector<level> levels_;
    std::vector<std::string> path_;
    std::set<std::string> root_names_;
    std::vector<std::string> known_variables_;
    std::vector<std::string> problems_;
};

}  // namespace

void load_config(
    const describe_fn& describe,
    const std::string& yaml_path,
    const std::map<std::string, std::string>& environment
) {
    reader visitor(yaml_path, environment);
    visitor.open_file();
    describe(visitor);
    visitor.finish();
}

}  // namespace sluice
