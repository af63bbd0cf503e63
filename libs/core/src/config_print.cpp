// The two visitors that write: the effective values as YAML, and the reference page as Markdown.
#include "config_names.hpp"

#include "sluice/core/config.hpp"
#include "sluice/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace sluice {
namespace {

std::string to_text(double value) {
    char buffer[64];
    const auto written = std::to_chars(std::begin(buffer), std::end(buffer), value);
    return {std::begin(buffer), written.ptr};
}

std::string to_text(bool value) {
    return value ? "true" : "false";
}

class printer final : public config_visitor {
public:
    std::string take() { return std::move(out_); }

    void field(std::string_view name, bool& value, std::string_view) override {
        line(name, to_text(value));
    }
    void field(std::string_view name, std::int64_t& value, std::string_view, int_range) override {
        line(name, std::to_string(value));
    }
    void field(std::string_view name, double& value, std::string_view) override {
        line(name, to_text(value));
    }
    void field(std::string_view name, std::string& value, std::string_view) override {
        line(name, quoted_json(value));
    }
    void field(std::string_view name, secret& value, std::string_view) override {
        line(name, value.is_set() ? "\"***\"" : "\"\"");
    }
    void field(std::string_view name, byte_size& value, std::string_view) override {
        line(name, to_string(value));
    }
    void field(std::string_view name, std::chrono::milliseconds& value, std::string_view) override {
        line(name, to_string(value));
    }
    void field(std::string_view name, std::vector<std::string>& value, std::string_view) override {
        line(name, value.empty() ? "[]" : "");
        for (const std::string& item : value)
            out_ += indent() + "  - " + quoted_json(item) + "\n";
    }
    void field(std::string_view name, std::map<std::string, std::string>& value, std::string_view)
        override {
        line(name, value.empty() ? "{}" : "");
        for (const auto& [key, item] : value) {
            out_ += indent() + "  " + quoted_json(key) + ": " + quoted_json(item) + "\n";
        }
    }
    void secret_keys(
        std::string_view name,
        std::map<std::string, std::string>& value,
        std::string_view
    ) override {
        line(name, value.empty() ? "{}" : "");
        int number = 0;  // keys of a YAML map must differ
        for (const auto& [key, item] : value) {
            out_ += indent() + "  \"*** " + std::to_string(++number) + "\": " + quoted_json(item) +
                    "\n";
        }
    }
    void choice(
        std::string_view name,
        std::string& value,
        std::vector<std::string>,
        std::string_view
    ) override {
        line(name, quoted_json(value));
    }

protected:
    void enter(std::string_view name, std::string_view) override {
        line(name, "");
        ++depth_;
    }
    void leave() override { --depth_; }

private:
    std::string indent() const { return std::string(depth_ * 2, ' '); }
    void line(std::string_view name, const std::string& value) {
        out_ += indent() + std::string(name) + ":" + (value.empty() ? "" : " " + value) + "\n";
    }

    std::size_t depth_ = 0;
    std::string out_;
};

class documenter final : public config_visitor {
public:
    std::string take() {
        return "| Setting | Environment | Type | Default | Meaning |\n"
               "|---|---|---|---|---|\n" +
               std::move(out_);
    }

    void field(std::string_view name, bool& value, std::string_view comment) override {
        row(name, "true or false", to_text(value), comment);
    }
    void field(
        std::string_view name,
        std::int64_t& value,
        std::string_view comment,
        int_range allowed
    ) override {
        row(name, "whole number" + range_text(allowed), std::to_string(value), comment);
    }
    void field(std::string_view name, double& value, std::string_view comment) override {
        row(name, "number", to_text(value), comment);
    }
    void field(std::string_view name, std::string& value, std::string_view comment) override {
        row(name, "text", value, comment);
    }
    void field(std::string_view name, secret&, std::string_view comment) override {
        row(name, "secret (or a path in `…_FILE`)", "", comment);
    }
    void field(std::string_view name, byte_size& value, std::string_view comment) override {
        row(name, "size", to_string(value), comment);
    }
    void field(std::string_view name, std::chrono::milliseconds& value, std::string_view comment)
        override {
        row(name, "duration", to_string(value), comment);
    }
    void field(std::string_view name, std::vector<std::string>& value, std::string_view comment)
        override {
        row(name, "list of texts", config_names::joined(value), comment);
    }
    void field(std::string_view name, std::map<std::string, std::string>&, std::string_view comment)
        override {
        row(name, "map of texts (JSON in the environment)", "", comment);
    }
    void secret_keys(
        std::string_view name,
        std::map<std::string, std::string>&,
        std::string_view comment
    ) override {
        row(name,
            "map with secret keys (JSON in the environment, or a path in `…_FILE`)",
            "",
            comment);
    }
    void choice(
        std::string_view name,
        std::string& value,
        std::vector<std::string> allowed,
        std::string_view comment
    ) override {
        row(name, "one of " + config_names::joined(allowed), value, comment);
    }

protected:
    void enter(std::string_view name, std::string_view comment) override {
        if (!comment.empty()) {
            out_ += "| **`" + config_names::dotted_name(path_, name) + "`** | | | | " +
                    escaped(comment) + " |\n";
        }
        path_.emplace_back(name);
    }
    void leave() override { path_.pop_back(); }

private:
    static std::string range_text(int_range allowed) {
        constexpr int_range all;
        const bool has_minimum = allowed.minimum != all.minimum;
        const bool has_maximum = allowed.maximum != all.maximum;
        if (has_minimum && has_maximum) {
            return ", " + std::to_string(allowed.minimum) + " to " +
                   std::to_string(allowed.maximum);
        }
        if (has_minimum) return ", at least " + std::to_string(allowed.minimum);
        if (has_maximum) return ", at most " + std::to_string(allowed.maximum);
        return {};
    }
    // A bar would end the table's cell.
    static std::string escaped(std::string_view text) {
        std::string out;
        for (const char c : text) {
            if (c == '|') out += '\\';
            out += c;
        }
        return out;
    }
    void row(
        std::string_view name,
        const std::string& type,
        const std::string& value,
        std::string_view comment
    ) {
        out_ += "| `" + config_names::dotted_name(path_, name) + "` | `" +
                config_names::environment_name(path_, name) + "` | " + type + " | " +
                (value.empty() ? "" : "`" + escaped(value) + "`") + " | " +
                (take_live() ? "(live) " : "") + escaped(comment) + " |\n";
    }

    std::vector<std::string> path_;
    std::string out_;
};

}  // namespace

std::string print_config(const describe_fn& describe) {
    printer visitor;
    describe(visitor);
    return visitor.take();
}

std::string config_reference(const describe_fn& describe) {
    documenter visitor;
    describe(visitor);
    return visitor.take();
}

}  // namespace sluice
