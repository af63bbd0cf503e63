// Matching of paths against the route table. The table has tens of rows, so it is walked; a row is
// refused at its first segment that differs.
#include "sluice/http/router.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/core/digest.hpp"

namespace sluice::http {
namespace {

// Takes the first segment off the front of "/a/b" and leaves "/b".
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool matches(
    std::string_view pattern,
    std::string_view path,
    std::map<std::string, std::string>* params
) {
    while (!pattern.empty() && !path.empty()) {
        if (path.front() != '/') return false;
        const std::string_view expected = take_segment(pattern);
        const std::string_view actual = take_segment(path);
        if (is_parameter(expected)) {
            if (actual.empty()) return false;
            if (params != nullptr) {
                (*params)[std::string(expected.substr(1, expected.size() - 2))] = actual;
            }
        } else if (expected != actual) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

bool decode(std::string_view text, bool plus_is_space, std::string& out) {
    out.clear();
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return false;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return false;
            c = static_cast<char>(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0') return false;
        out += c;
    }
    return true;
}

}  // namespace

void router::add(bound_route row) {
    SLUICE_ASSERT(row.pattern.starts_with('/'));
    row.need = needed_scope(row.method, row.who, row.need);
    routes_.push_back(std::move(row));
}

match_result router::match(verb method, std::string_view path) const {
    match_result result;
    const bound_route* get_row = nullptr;
    bool has_head = false;
    for (const bound_route& row : routes_) {
        if (!matches(row.pattern, path, nullptr)) continue;
        if (row.method == method) {
            matches(row.pattern, path, &result.params);
            result.route = &row;
            result.path_known = true;
            return result;
        }
        if (row.method == verb::get && get_row == nullptr) get_row = &row;
        has_head = has_head || row.method == verb::head;
        if (!result.allow.empty()) result.allow += ", ";
        result.allow += to_string(row.method);
        result.path_known = true;
    }
    if (get_row != nullptr && method == verb::head) {
        matches(get_row->pattern, path, &result.params);
        result.route = get_row;
    } else if (get_row != nullptr && !has_head) {
        result.allow += ", HEAD";
    }
    return result;
}

bool parse_target(
    std::string_view target,
    std::string& path,
    std::map<std::string, std::string>& query
) {
    const std::size_t question = std::min(target.find('?'), target.size());
    const std::string_view raw_path = target.substr(0, question);
    if (raw_path.empty() || raw_path.front() != '/' || !decode(raw_path, false, path)) return false;
    query.clear();
    if (question == target.size()) return true;
    std::string_view rest = target.substr(question + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        std::string name;
        std::string value;
        if (!decode(pair.substr(0, equals), true, name)) return false;
        if (equals < pair.size() && !decode(pair.substr(equals + 1), true, value)) return false;
        query[std::move(name)] = std::move(value);
    }
    return true;
}

}  // namespace sluice::http
