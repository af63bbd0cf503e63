// See authenticate.hpp. A wrong token, a spent ticket and nothing at all get the same answer; the
// log has none of them.
#include "authenticate.hpp"

#include "sluice/http/cookies.hpp"
#include "sluice/http/problem.hpp"
#include "sluice/messages/tokens.hpp"

namespace sluice::websocket {
namespace {

constexpr std::string_view our_protocol = "sluice.v1";
constexpr std::string_view bearer_prefix = "sluice.bearer.";
constexpr int retry_after_seconds = 2;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Header lines of one name are one list (RFC 9110, 5.3).
std::vector<std::string> offered_protocols(const http::request& q) {
    std::vector<std::string> out;
    for (const auto& [name, value] : q.headers.all()) {
        http::header_list line;
        line.set(name, value);
        if (!line.contains("Sec-WebSocket-Protocol")) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            const auto item = trimmed(rest.substr(0, comma));
            if (!item.empty()) out.emplace_back(item);
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        }
    }
    return out;
}

ws::accept_decision refuse(http::response why) {
    ws::accept_decision d;
    d.refusal = std::move(why);
    return d;
}

ws::accept_decision unauthorized(const http::request& q) {
    auto no = http::problem(
        "unauthorized",
        "connect with Authorization: Bearer <token>, with the subprotocol sluice.bearer.<token>, "
        "with the session's cookie, or with ?ticket= from POST /api/v1/ws-tickets",
        q.ctx
    );
    no.headers.set("WWW-Authenticate", "Bearer");
    return refuse(std::move(no));
}

ws::accept_decision away(const http::request& q) {
    return refuse(http::problem(
        "storage_unavailable",
        "connections cannot be accepted just now",
        q.ctx,
        {},
        retry_after_seconds
    ));
}

}  // namespace

credentials find_credentials(const http::request& q) {
    credentials c;
    std::string offered_token;
    for (const std::string& protocol : offered_protocols(q)) {
        if (protocol == our_protocol) c.subprotocol = our_protocol;
        if (protocol.starts_with(bearer_prefix)) {
            offered_token = protocol.substr(bearer_prefix.size());
        }
    }
    if (q.headers.contains("Authorization")) {
        const auto token = http::parse_bearer(q.headers.get("Authorization"));
        if (token) {
            c.what = credentials::kind::token;
            c.value = *token;
        }
        return c;
    }
    if (!offered_token.empty()) {
        c.what = credentials::kind::token;
        c.value = std::move(offered_token);
        return c;
    }
    const auto ticket = q.query.find("ticket");
    if (ticket != q.query.end() && !ticket->second.empty()) {
        c.what = credentials::kind::ticket;
        c.value = ticket->second;
        return c;
    }
    // Which pages may connect at all is ws.allowed_origins' affair, and was checked before this.
    auto cookie = http::find_cookie(q, messages::session_cookie);
    if (cookie && !cookie->empty()) {
        c.what = credentials::kind::token;
        c.value = std::move(*cookie);
    }
    return c;
}

awaitable<ws::accept_decision>
authenticate(const http::bearer_tokens& tokens, ticket_office& tickets, http::request& q) {
    credentials c = find_credentials(q);
    std::optional<caller> who;
    if (c.what == credentials::kind::token) {
        if (auto configured = tokens.user_of(c.value)) {
            who.emplace();
            who->user = std::move(*configured);
            who->token_sha256 = messages::token_digest(c.value);
        }
    }
    if (c.what == credentials::kind::none) co_return unauthorized(q);
    const bool is_ours = c.value.starts_with(messages::session_token_prefix) ||
                         c.value.starts_with(messages::key_token_prefix);
    if (c.what == credentials::kind::token && !who && !is_ours) co_return unauthorized(q);
    if (!tickets.is_open()) co_return away(q);
    if (c.what == credentials::kind::token && !who) {
        auto known = co_await tickets.user_of(std::move(c.value));
        if (!known) co_return away(q);
        who = std::move(*known);
    } else if (c.what == credentials::kind::ticket) {
        auto redeemed = co_await tickets.redeem(std::move(c.value));
        if (!redeemed) co_return away(q);
        who = std::move(*redeemed);
    }
    if (!who) co_return unauthorized(q);
    ws::accept_decision d;
    d.subprotocol = std::move(c.subprotocol);
    d.user_id = std::move(who->user);
    d.token_sha256 = std::move(who->token_sha256);
    co_return d;
}

}  // namespace sluice::websocket
