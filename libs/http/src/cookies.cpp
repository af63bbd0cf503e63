// See cookies.hpp.
#include "sluice/http/cookies.hpp"

#include "field_text.hpp"

#include <algorithm>

namespace sluice::http {
namespace {

using field_text::is_same;
using field_text::trimmed;

std::optional<std::string> find_in(std::string_view line, std::string_view name) {
    while (!line.empty()) {
        const std::size_t end = std::min(line.find(';'), line.size());
        const std::string_view pair = line.substr(0, end);
        line.remove_prefix(std::min(end + 1, line.size()));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != name) continue;
        std::string_view value = trimmed(pair.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        return std::string(value);
    }
    return std::nullopt;
}

// "https://host:port" → "host:port".
std::string_view authority_of(std::string_view origin) {
    const std::size_t scheme = origin.find("://");
    return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

}  // namespace

std::optional<std::string> find_cookie(const request& q, std::string_view name) {
    for (const auto& [header, value] : q.headers.all()) {
        if (!is_same(header, "Cookie")) continue;
        if (auto found = find_in(value, name)) return found;
    }
    return std::nullopt;
}

std::string set_cookie(
    std::string_view name,
    std::string_view value,
    std::chrono::seconds lives,
    const cookie_form& form
) {
    std::string out(name);
    out += "=";
    out += value;
    out += "; Path=/; Max-Age=" + std::to_string(std::max<std::int64_t>(lives.count(), 0));
    out += "; HttpOnly; SameSite=" + form.same_site;
    if (form.is_secure) out += "; Secure";
    return out;
}

bool is_of_another_site(const request& q, const std::vector<std::string>& origins) {
    const std::string_view origin = q.headers.get("Origin");
    const std::string_view site = q.headers.get("Sec-Fetch-Site");
    if (!origin.empty() && origin != "*" &&
        std::find(origins.begin(), origins.end(), origin) != origins.end()) {
        return false;
    }
    // Sees what Origin alone does not: the same host over plain HTTP.
    if (!site.empty() && !is_same(site, "same-origin") && !is_same(site, "none")) return true;
    return !origin.empty() && !is_same(authority_of(origin), q.headers.get("Host"));
}

}  // namespace sluice::http
