// One visitor that notes every field with a copy of its value, and one that puts such copies back.
#include "sluice/core/settings.hpp"

#include "config_names.hpp"

#include "sluice/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <variant>

namespace sluice {
namespace {

using field_copy = std::variant<
    bool,
    std::int64_t,
    double,
    std::string,
    byte_size,
    std::chrono::milliseconds,
    std::vector<std::string>,
    std::map<std::string, std::string>>;

std::string shown_as_json(const field_copy& value) {
    return std::visit(
        [](const auto& v) {
            using kind = std::decay_t<decltype(v)>;
            constexpr bool is_unit =
                std::is_same_v<kind, byte_size> || std::is_same_v<kind, std::chrono::milliseconds>;
            if constexpr (is_unit) {
                return quoted_json(to_string(v));
            } else {
                return json_text(nlohmann::json(v));
            }
        },
        value
    );
}

struct noted {
    setting about;
    field_copy value;
};

// What all fields have in common: their name, and whether they are live.
class walker : public config_visitor {
public:
    void field(std::string_view n, bool& v, std::string_view c) override { see(n, v, c); }
    void field(std::string_view n, std::int64_t& v, std::string_view c, int_range) override {
        see(n, v, c);
    }
    void field(std::string_view n, double& v, std::string_view c) override { see(n, v, c); }
    void field(std::string_view n, std::string& v, std::string_view c) override { see(n, v, c); }
    void field(std::string_view n, secret& v, std::string_view c) override {
        see(n, v.value, c, true);
    }
    void field(std::string_view n, byte_size& v, std::string_view c) override { see(n, v, c); }
    void field(std::string_view n, std::chrono::milliseconds& v, std::string_view c) override {
        see(n, v, c);
    }
    void field(std::string_view n, std::vector<std::string>& v, std::string_view c) override {
        see(n, v, c);
    }
    void field(std::string_view n, std::map<std::string, std::string>& v, std::string_view c)
        override {
        see(n, v, c);
    }
    void secret_keys(std::string_view n, std::map<std::string, std::string>& v, std::string_view c)
        override {
        see(n, v, c, true);
    }
    void choice(std::string_view n, std::string& v, std::vector<std::string>, std::string_view c)
        override {
        see(n, v, c);
    }

protected:
    void enter(std::string_view name, std::string_view) override { path_.emplace_back(name); }
    void leave() override { path_.pop_back(); }
    std::string full(std::string_view name) const { return config_names::dotted_name(path_, name); }

    std::vector<noted> list_;
    std::map<std::string, field_copy> wanted_;
    bool assigns_ = false;

private:
    template <class T>
    void see(std::string_view name, T& value, std::string_view comment, bool is_secret = false) {
        const bool is_live = take_live();
        const std::string whole = full(name);
        if (assigns_) {
            const auto found = wanted_.find(whole);
            if (is_live && found != wanted_.end()) value = std::get<T>(found->second);
            return;
        }
        field_copy copy = value;
        std::string shown = is_secret ? quoted_json("***") : shown_as_json(copy);
        list_.push_back(
            {{whole, std::move(shown), is_live, is_secret, std::string(comment)}, std::move(copy)}
        );
    }
    std::vector<std::string> path_;
};

class noting final : public walker {
public:
    std::vector<noted> take() { return std::move(list_); }
};

class assigning final : public walker {
public:
    explicit assigning(std::map<std::string, field_copy> wanted) {
        wanted_ = std::move(wanted);
        assigns_ = true;
    }
};

std::vector<noted> notes_of(const describe_fn& describe) {
    noting visitor;
    describe(visitor);
    return visitor.take();
}

}  // namespace

std::vector<setting> list_settings(const describe_fn& describe) {
    std::vector<setting> all;
    for (noted& each : notes_of(describe))
        all.push_back(std::move(each.about));
    return all;
}

std::vector<setting_change> differences(const describe_fn& from, const describe_fn& to) {
    std::map<std::string, noted> before;
    for (noted& each : notes_of(from)) {
        std::string name = each.about.name;
        before.emplace(std::move(name), std::move(each));
    }
    std::vector<setting_change> out;
    for (const noted& each : notes_of(to)) {
        const auto old = before.find(each.about.name);
        if (old == before.end() || old->second.value == each.value) continue;
        out.push_back(
            {each.about.name, old->second.about.shown, each.about.shown, each.about.is_live}
        );
    }
    return out;
}

void copy_live(const describe_fn& from, const describe_fn& to) {
    std::map<std::string, field_copy> values;
    for (noted& each : notes_of(from)) {
        if (each.about.is_live) values.emplace(each.about.name, std::move(each.value));
    }
    assigning visitor(std::move(values));
    to(visitor);
}

std::string environment_variable(std::string_view setting_name) {
    std::string out = "SLUICE__";
    for (const char c : setting_name) {
        if (c == '.') {
            out += "__";
        } else {
            out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }
    return out;
}

}  // namespace sluice
