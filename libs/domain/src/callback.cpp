// See callback.hpp. Of IPv6 only global unicast is let through, so that what is not yet given out
// is refused too; of IPv4 everything that is not reserved. A mapped IPv4 address counts as that.
#include "sluice/domain/callback.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace sluice::domain {
namespace {

struct network {
    std::array<std::uint8_t, 16> begin;
    int bits;
    std::string_view what;
};

constexpr std::string_view loopback = "a loopback address";

constexpr std::array<network, 17> reserved_v4{{
    {{0}, 8, "an address of this network"},
    {{10}, 8, "a private address"},
    {{100, 64}, 10, "a carrier's shared address"},
    {{127}, 8, loopback},
    {{168, 63, 129, 16}, 32, "a cloud's metadata address"},
    {{169, 254}, 16, "a link-local address"},
    {{172, 16}, 12, "a private address"},
    {{192, 0, 0}, 24, "a reserved address"},
    {{192, 0, 2}, 24, "a documentation address"},
    {{192, 31, 196}, 24, "a reserved address"},
    {{192, 88, 99}, 24, "a 6to4 relay's address"},
    {{192, 168}, 16, "a private address"},
    {{198, 18}, 15, "a benchmarking address"},
    {{198, 51, 100}, 24, "a documentation address"},
    {{203, 0, 113}, 24, "a documentation address"},
    {{224}, 4, "a multicast address"},
    {{240}, 4, "a reserved address"},
}};

constexpr std::array<network, 5> reserved_v6{{
    {{0x20, 0x01, 0x00, 0x00}, 32, "a Teredo address"},
    {{0x20, 0x01, 0x00}, 23, "a reserved address"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "a documentation address"},
    {{0x20, 0x02}, 16, "a 6to4 address"},
    {{0x3f, 0xff, 0x00}, 20, "a documentation address"},
}};

bool is_in(std::span<const std::uint8_t> address, const network& n) {
    int left = n.bits;
    for (std::size_t i = 0; left > 0; ++i, left -= 8) {
        const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xFF : 0xFF << (8 - left));
        if ((address[i] & mask) != (n.begin[i] & mask)) return false;
    }
    return true;
}

std::optional<std::string_view>
first_of(std::span<const network> table, std::span<const std::uint8_t> address) {
    for (const network& n : table) {
        if (is_in(address, n)) return n.what;
    }
    return std::nullopt;
}

std::optional<std::string_view>
refusal_of_v6(std::span<const std::uint8_t> a, bool allow_loopback) {
    constexpr network mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, ""};
    constexpr network nat64{{0x00, 0x64, 0xFF, 0x9B}, 32, ""};
    constexpr network one{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, ""};
    if (is_in(a, mapped)) return refusal_of_address(a.subspan(12), allow_loopback);
    if (is_in(a, one)) return allow_loopback ? std::nullopt : std::optional(loopback);
    if (is_in(a, nat64)) return "a NAT64 address";
    if ((a[0] & 0xFE) == 0xFC) return "a private address";
    if (a[0] == 0xFE && (a[1] & 0xC0) == 0x80) return "a link-local address";
    if (a[0] == 0xFF) return "a multicast address";
    if ((a[0] & 0xE0) != 0x20) return "a reserved address";
    return first_of(reserved_v6, a);
}

bool is_one_of(char c, std::string_view allowed) {
    return allowed.find(c) != std::string_view::npos;
}
bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

// What is wrong with a host; empty: nothing that can be seen without resolving it.
std::string problem_of_host(const std::string& host, const callback_policy& policy) {
    if (host.empty() || host.size() > 253) return "has no host, or one that is too long";
    std::array<std::uint8_t, 16> bytes{};
    std::span<const std::uint8_t> address;
    if (host.front() == '[') {
        const std::string inner = host.substr(1, host.size() - 2);
        if (host.back() != ']' || inet_pton(AF_INET6, inner.c_str(), bytes.data()) != 1) {
            return "has a malformed IPv6 address";
        }
        address = bytes;
    } else if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) {
        address = std::span(bytes).first(4);
    }
    if (!address.empty()) {
        const auto why = refusal_of_address(address, policy.allow_loopback);
        return why ? "has " + std::string(*why) : "";
    }
    const auto is_fine = [](char c) { return is_alnum(c) || is_one_of(c, "-._"); };
    if (!std::ranges::all_of(host, is_fine) || host.front() == '.' ||
        host.find("..") != std::string::npos) {
        return "has a malformed host; other than ASCII is written in its xn-- form";
    }
    // "127.1", "0x7f000001" and "2130706433" are addresses to some resolvers.
    std::string name = host;
    if (name.back() == '.') name.pop_back();
    const std::string last = name.substr(name.rfind('.') + 1);
    if (last.empty() || is_digit(last.front()))
        return "has a host that is neither name nor address";
    const bool is_local = name == "localhost" || name.ends_with(".localhost");
    if (is_local && !policy.allow_loopback) return "has " + std::string(loopback);
    return "";
}

// Fills in the host; empty: nothing is wrong.
std::string
problem_of_url(callback& c, const callback_policy& policy, const callback_bounds& bounds) {
    const std::string& url = c.url;
    if (url.empty() || url.size() > bounds.max_url_bytes) return "is empty or too long";
    const auto is_plain = [](char b) {
        return b > 0x20 && b < 0x7F && !is_one_of(b, "\\\"<>^`{|}");
    };
    if (!std::ranges::all_of(url, is_plain)) return "holds a character that no URL has";
    const auto colon = url.find("://");
    const std::string scheme = lower(url.substr(0, colon == std::string::npos ? 0 : colon));
    if (scheme != "https" && !(scheme == "http" && policy.allow_http)) {
        return policy.allow_http ? "is neither http:// nor https://" : "is not https://";
    }
    const auto begin = colon + 3;
    const auto end = std::min(url.find_first_of("/?#", begin), url.size());
    const std::string authority = url.substr(begin, end - begin);
    if (authority.find('@') != std::string::npos) {
        return "holds a user name or password; send an Authorization header instead";
    }
    if (url.find('#') != std::string::npos) return "holds a fragment";
    const auto after_address = authority.rfind(']');
    auto port_at = authority.rfind(':');
    if (after_address != std::string::npos && port_at != std::string::npos &&
        port_at < after_address) {
        port_at = std::string::npos;
    }
    const std::string host = lower(authority.substr(0, port_at));
    std::string port = scheme == "https" ? "443" : "80";
    if (port_at != std::string::npos) {
        const std::string text = authority.substr(port_at + 1);
        int number = 0;
        const char* text_end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), text_end, number);
        if (read.ec != std::errc() || read.ptr != text_end || number < 1 || number > 65535) {
            return "has a malformed port";
        }
        port = std::to_string(number);
    }
    if (auto problem = problem_of_host(host, policy); !problem.empty()) return problem;
    const auto& ports = policy.ports;
    if (std::ranges::find(ports, port) == ports.end() &&
        std::ranges::find(ports, "any") == ports.end()) {
        return "has port " + port + ", which is not allowed here";
    }
    c.host = host + ":" + port;
    return "";
}

// Ours, the connection's, or such as change what the body means.
bool is_own_header(const std::string& name) {
    static const std::set<std::string> own{
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent"};
    return own.contains(name) || name.starts_with("sluice-") || name.starts_with("proxy-");
}

std::string problem_of_header(
    const std::string& name,
    const std::string& value,
    const callback_bounds& bounds
) {
    const auto is_token = [](char c) { return is_alnum(c) || is_one_of(c, "-_"); };
    if (name.empty() || name.size() > bounds.max_header_name_bytes ||
        !std::ranges::all_of(name, is_token)) {
        return "is no header name";
    }
    if (is_own_header(lower(name))) return "is set by us";
    const auto is_printable = [](char c) { return c >= 0x20 && c < 0x7F; };
    if (value.size() > bounds.max_header_value_bytes || !std::ranges::all_of(value, is_printable)) {
        return "has a value that is too long or holds control characters";
    }
    return "";
}

}  // namespace

std::optional<std::string_view>
refusal_of_address(std::span<const std::uint8_t> address, bool allow_loopback) {
    if (address.size() == 16) return refusal_of_v6(address, allow_loopback);
    if (address.size() != 4) return "no internet address";
    const auto why = first_of(reserved_v4, address);
    if (why && *why == loopback && allow_loopback) return std::nullopt;
    return why;
}

std::vector<input_problem>
check_callback(callback& c, const callback_policy& policy, const callback_bounds& bounds) {
    std::vector<input_problem> problems;
    if (!policy.enabled) {
        problems.push_back(
            {"callback_url",
             "not_available",
             "webhooks are switched off here",
             "webhooks.enabled in the configuration of the service"}
        );
        return problems;
    }
    if (auto problem = problem_of_url(c, policy, bounds); !problem.empty()) {
        problems.push_back(
            {"callback_url",
             "not_allowed",
             std::move(problem),
             "http(s)://host[:port]/path of a public host, at most " +
                 std::to_string(bounds.max_url_bytes) + " bytes"}
        );
    }
    if (c.headers.size() > bounds.max_headers) {
        problems.push_back(
            {"callback_headers",
             "too_many",
             "has " + std::to_string(c.headers.size()) + " headers",
             "at most " + std::to_string(bounds.max_headers)}
        );
        return problems;
    }
    std::set<std::string> seen;
    for (const auto& [name, value] : c.headers) {
        auto problem = problem_of_header(name, value, bounds);
        if (problem.empty() && !seen.insert(lower(name)).second) problem = "is there twice";
        if (problem.empty()) continue;
        // What was sent may hold anything, so the name is not repeated as it is.
        problems.push_back({"callback_headers", "not_allowed", "a header " + problem, ""});
    }
    return problems;
}

void describe(config_visitor& v, callback_policy& c) {
    v.field("enabled", c.enabled, "callback_url is accepted and deliveries are sent");
    v.field("allow_http", c.allow_http, "http:// beside https://");
    v.field("allow_loopback", c.allow_loopback, "targets on this machine; refused in production");
    v.field("ports", c.ports, "ports that a target may have, or any");
}

std::vector<std::string> unfit_settings(const callback_policy& c, bool is_production) {
    std::vector<std::string> problems;
    if (is_production && c.allow_loopback) {
        problems.push_back(
            "webhooks.allow_loopback is on: whoever may submit could reach what listens on this "
            "machine"
        );
    }
    for (const std::string& port : c.ports) {
        int number = 0;
        const char* end = port.data() + port.size();
        const auto read = std::from_chars(port.data(), end, number);
        const bool is_number = read.ec == std::errc() && read.ptr == end;
        if (port == "any" || (is_number && number >= 1 && number <= 65535)) continue;
        problems.push_back("webhooks.ports: '" + port + "' is neither a port nor any");
    }
    return problems;
}

}  // namespace sluice::domain
