// Bearer tokens from the configuration (until accounts come): token → user id. Tokens are kept as
// SHA-256 digests, so a lookup leaks no timing about stored tokens.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

class bearer_tokens {
public:
    bearer_tokens() = default;
    explicit bearer_tokens(const std::map<std::string, std::string>& token_to_user);
    // The user of this token, or nullopt.
    std::optional<std::string> user_of(std::string_view token) const;
    std::optional<std::string> user_of_digest(const std::string& sha256) const;
    // SHA-256 (32 bytes) of each token that is not `later`'s, or another user's there.
    std::vector<std::string> missing_in(const bearer_tokens& later) const;

private:
    std::map<std::string, std::string> user_by_digest_;
};

// The token of an "Authorization: Bearer <token>" value; nullopt for another scheme or malformed
// (RFC 6750, 2.1).
std::optional<std::string_view> parse_bearer(std::string_view authorization);

}  // namespace sluice::http
