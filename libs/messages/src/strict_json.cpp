// Builds the document from the parser's events, because the parser's own document silently keeps
// the last of two equal keys and knows no bounds.
#include "strict_json.hpp"

#include "sluice/messages/json.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace sluice::messages {
namespace {

using nlohmann::json;

std::string position(std::string_view text, std::size_t byte) {
    const auto before = text.substr(0, std::min(byte, text.size()));
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    return "line " + std::to_string(line) + ", column " +
           std::to_string(before.size() - line_start + 1);
}

class builder {
public:
    builder(std::string_view text, const json_bounds& bounds) : text_(text), bounds_(bounds) {}

    bool null() { return add(nullptr); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(json::number_integer_t value) { return add(value); }
    bool number_unsigned(json::number_unsigned_t value) { return add(value); }
    bool number_float(json::number_float_t value, const json::string_t& text) {
        const bool is_integer = text.find_first_of(".eE") == json::string_t::npos;
        if (!is_integer) return add(value);
        if (text.front() == '-') return add(std::numeric_limits<json::number_integer_t>::min());
        return add(std::numeric_limits<json::number_unsigned_t>::max());
    }
    bool string(json::string_t& value) { return add(std::move(value)); }
    bool binary(json::binary_t&) { return false; }

    bool start_object(std::size_t) { return open(json::object()); }
    bool key(json::string_t& name) {
        auto& top = open_.back();
        if (top.container->contains(name)) {
            return refuse(join_path(path(), shortened(name)) + " is given twice");
        }
        top.key = std::move(name);
        return true;
    }
    bool end_object() { return close(); }
    bool start_array(std::size_t) { return open(json::array()); }
    bool end_array() { return close(); }

    bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) {
        return refuse("not JSON: wrong or unfinished at " + position(text_, at > 0 ? at - 1 : 0));
    }

    std::variant<json, json_malformed> take(bool is_complete) {
        if (is_complete && message_.empty()) return std::move(root_);
        return json_malformed{message_.empty() ? "not JSON" : message_};
    }

private:
    struct level {
        json* container;
        std::string key;
    };

    bool refuse(std::string message) {
        message_ = std::move(message);
        return false;
    }

    // nullptr when there are too many.
    json* place(json&& value) {
        if (++values_ > bounds_.max_values) {
            refuse("has more than " + std::to_string(bounds_.max_values) + " values");
            return nullptr;
        }
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        auto& top = open_.back();
        if (top.container->is_array()) {
            top.container->push_back(std::move(value));
            return &top.container->back();
        }
        return &(*top.container)[top.key].operator=(std::move(value));
    }
    bool add(json&& value) { return place(std::move(value)) != nullptr; }

    bool open(json&& container) {
        if (open_.size() == bounds_.max_depth) {
            return refuse("nested deeper than " + std::to_string(bounds_.max_depth) + " levels");
        }
        auto* placed = place(std::move(container));
        if (placed == nullptr) return false;
        open_.push_back({placed, {}});
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    // Of the innermost open container.
    std::string path() const {
        std::string result;
        for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
            const auto& outer = open_[i];
            result = outer.container->is_array() ? join_path(result, outer.container->size() - 1)
                                                 : join_path(result, shortened(outer.key));
        }
        return result;
    }

    std::string_view text_;
    const json_bounds& bounds_;
    json root_;
    std::vector<level> open_;
    std::size_t values_ = 0;
    std::string message_;
};

}  // namespace

std::variant<json, json_malformed> parse_strict(std::string_view text, const json_bounds& bounds) {
    if (!is_valid_utf8(text)) return json_malformed{"not valid UTF-8"};
    builder document(text, bounds);
    const bool is_complete = json::sax_parse(text.begin(), text.end(), &document);
    return document.take(is_complete);
}

std::string join_path(std::string_view parent, std::string_view key) {
    auto path = std::string(parent);
    if (!path.empty()) path += '.';
    return path.append(key);
}

std::string join_path(std::string_view parent, std::size_t index) {
    return std::string(parent) + "[" + std::to_string(index) + "]";
}

std::string shortened(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return std::string(text);
    auto end = max_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    return std::string(text.substr(0, end)) + "…";
}

}  // namespace sluice::messages
