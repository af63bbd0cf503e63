// See url.hpp. Pure.
#include "url.hpp"

#include "sluice/core/digest.hpp"

#include <charconv>
#include <optional>

namespace sluice::redis {
namespace {

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

bool parse_number(std::string_view text, int maximum, int& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out >= 0 && out <= maximum;
}

// Takes "user:password@" off the front of `rest`.
bool take_credentials(std::string_view& rest, target& t) {
    const auto at = rest.rfind('@');
    if (at == std::string_view::npos) return true;
    const std::string_view credentials = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    const auto colon = credentials.find(':');
    auto user = percent_decode(credentials.substr(0, colon));
    auto password = colon == std::string_view::npos ? std::optional(std::string())
                                                    : percent_decode(credentials.substr(colon + 1));
    if (!user || !password) return false;
    t.user = std::move(*user);
    t.password = std::move(*password);
    return true;
}

result<target> parse_unix(std::string_view rest) {
    target t;
    if (const auto query = rest.find('?'); query != std::string_view::npos) {
        const std::string_view text = rest.substr(query + 1);
        if (!text.starts_with("db=") || !parse_number(text.substr(3), 65535, t.database)) {
            return fail(errc::invalid, "redis url: after the path only ?db=<number> is known");
        }
        rest = rest.substr(0, query);
    }
    if (!take_credentials(rest, t)) return fail(errc::invalid, "redis url: bad percent-encoding");
    auto path = percent_decode(rest);
    if (!path || path->empty() || path->front() != '/') {
        return fail(errc::invalid, "redis url: unix:// needs an absolute path");
    }
    t.socket_path = std::move(*path);
    return t;
}

// host, host:port, [v6]:port
bool parse_address(std::string_view address, target& t) {
    std::string_view port;
    if (address.starts_with('[')) {
        const auto close = address.find(']');
        if (close == std::string_view::npos) return false;
        t.host = address.substr(1, close - 1);
        const std::string_view after = address.substr(close + 1);
        if (!after.empty() && after.front() != ':') return false;
        if (!after.empty()) port = after.substr(1);
        if (!after.empty() && port.empty()) return false;
    } else {
        const auto colon = address.find(':');
        t.host = address.substr(0, colon);
        if (colon != std::string_view::npos) port = address.substr(colon + 1);
        if (colon != std::string_view::npos && port.empty()) return false;
    }
    int number = 0;
    if (!port.empty() && (!parse_number(port, 65535, number) || number == 0)) return false;
    if (!port.empty()) t.port = port;
    return !t.host.empty();
}

}  // namespace

std::string target::to_string() const {
    return socket_path.empty() ? host + ":" + port : socket_path;
}

result<target> parse_url(std::string_view url) {
    if (url.starts_with("rediss://")) {
        return fail(
            errc::invalid,
            "redis url: rediss:// is not supported, because Debian 12's hiredis 0.14 has no TLS; "
            "use a private network or a local TLS tunnel"
        );
    }
    if (url.starts_with("unix://")) return parse_unix(url.substr(7));
    if (!url.starts_with("redis://")) {
        return fail(errc::invalid, "redis url: it begins with redis:// or unix://");
    }
    std::string_view rest = url.substr(8);
    target t;
    if (!take_credentials(rest, t)) return fail(errc::invalid, "redis url: bad percent-encoding");
    const auto slash = rest.find('/');
    const std::string_view database =
        slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (!parse_address(rest.substr(0, slash), t)) {
        return fail(errc::invalid, "redis url: bad host or port");
    }
    if (!database.empty() && !parse_number(database, 65535, t.database)) {
        return fail(errc::invalid, "redis url: the path is a database number");
    }
    return t;
}

}  // namespace sluice::redis
