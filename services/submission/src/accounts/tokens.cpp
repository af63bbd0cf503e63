// See tokens.hpp.
#include "tokens.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/messages/json.hpp"
#include "sluice/messages/tokens.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>

namespace sluice::submission {
namespace {

constexpr std::string_view session_prefix = messages::session_token_prefix;
constexpr std::string_view key_prefix = messages::key_token_prefix;
constexpr std::size_t random_bytes = 32;
constexpr std::size_t random_length = 43;  // of 32 bytes in base64 without padding

bool is_base64url(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

}  // namespace

std::string random_text() {
    std::array<char, random_bytes> random{};
    // Up to 256 bytes never come short once the kernel's generator is seeded.
    SLUICE_ASSERT(::getrandom(random.data(), random.size(), 0) == ssize_t(random.size()));
    std::string text = messages::base64_encode(std::string_view(random.data(), random.size()));
    std::erase(text, '=');
    for (char& c : text) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return text;
}

std::string make_token(token_kind kind) {
    return std::string(kind == token_kind::session ? session_prefix : key_prefix) + random_text();
}

std::optional<token_kind> kind_of_token(std::string_view token) {
    if (token.size() != session_prefix.size() + random_length) return std::nullopt;
    const std::string_view random = token.substr(session_prefix.size());
    if (!std::all_of(random.begin(), random.end(), is_base64url)) return std::nullopt;
    if (token.starts_with(session_prefix)) return token_kind::session;
    if (token.starts_with(key_prefix)) return token_kind::key;
    return std::nullopt;
}

std::string digest_of_token(std::string_view token) {
    return messages::token_digest(token);
}

std::string to_text(const scope_set& scopes) {
    std::string out;
    const auto add = [&out](bool is_in, std::string_view name) {
        if (!is_in) return;
        if (!out.empty()) out += ',';
        out += name;
    };
    add(scopes.read, "read");
    add(scopes.submit, "submit");
    add(scopes.admin, "admin");
    add(scopes.account, "account");
    return out;
}

scope_set parse_scopes(std::string_view text) {
    scope_set out{false, false, false, false};
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view name = text.substr(0, comma);
        out.read = out.read || name == "read";
        out.submit = out.submit || name == "submit";
        out.admin = out.admin || name == "admin";
        out.account = out.account || name == "account";
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return out;
}

}  // namespace sluice::submission
