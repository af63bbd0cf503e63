// Tokens as text: made, recognised and digested. A prefix says what each is, so that a lookup is
// not even tried for what cannot be one, and a scanner finds those that leaked.
#pragma once

#include "../identity.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::submission {

enum class token_kind { session, key };

std::string random_text();  // 256 random bits in base64url, 43 characters

// "sls_…" or "slk_…" and 256 random bits in base64url.
std::string make_token(token_kind kind);
// nullopt: cannot be one of ours.
std::optional<token_kind> kind_of_token(std::string_view token);
std::string digest_of_token(std::string_view token);  // SHA-256, 32 bytes

// "read,submit"; of a session: all four names.
std::string to_text(const scope_set& scopes);
scope_set parse_scopes(std::string_view text);  // unknown names are left out

}  // namespace sluice::submission
