// Bearer tokens: the header's form, and the look-up by digest.
#include "sluice/http/bearer.hpp"

#include "sluice/core/digest.hpp"

#include <algorithm>

namespace sluice::http {
namespace {

bool is_token_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
}

}  // namespace

bearer_tokens::bearer_tokens(const std::map<std::string, std::string>& token_to_user) {
    for (const auto& [token, user] : token_to_user)
        user_by_digest_.emplace(sha256(token), user);
}

std::optional<std::string> bearer_tokens::user_of(std::string_view token) const {
    return user_of_digest(sha256(token));
}

std::optional<std::string> bearer_tokens::user_of_digest(const std::string& sha256) const {
    const auto found = user_by_digest_.find(sha256);
    if (found == user_by_digest_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> bearer_tokens::missing_in(const bearer_tokens& later) const {
    std::vector<std::string> out;
    for (const auto& [digest, user] : user_by_digest_) {
        const auto found = later.user_by_digest_.find(digest);
        if (found == later.user_by_digest_.end() || found->second != user) out.push_back(digest);
    }
    return out;
}

std::optional<std::string_view> parse_bearer(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer";
    if (authorization.size() <= scheme.size() + 1) return std::nullopt;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        if ((authorization[i] | 0x20) != scheme[i]) return std::nullopt;
    }
    std::string_view token = authorization.substr(scheme.size());
    if (token.front() != ' ') return std::nullopt;
    token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
    // b64token of RFC 6750: at least one character, then any number of '='.
    const std::string_view body = token.substr(0, token.find('='));
    const std::string_view padding = token.substr(body.size());
    if (body.empty() || !std::all_of(body.begin(), body.end(), is_token_char)) return std::nullopt;
    if (padding.find_first_not_of('=') != std::string_view::npos) return std::nullopt;
    return token;
}

}  // namespace sluice::http
