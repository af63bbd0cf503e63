// What stands in Redis under keys::token: who shows this token, as submission wrote it down and
// websocket reads it.
#pragma once

#include "sluice/core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::messages {

// How the tokens of the two kinds begin, and the cookie that carries a session's.
inline constexpr std::string_view session_token_prefix = "sls_";
inline constexpr std::string_view key_token_prefix = "slk_";
inline constexpr std::string_view session_cookie = "sluice_session";

std::string token_digest(std::string_view token);  // SHA-256, 32 bytes

// In the place of an entry; kept long enough to outlive every process that had read the row before.
inline constexpr std::string_view revoked_token = "revoked";

struct token_entry {
    uuid id;
    bool is_session = false;  // otherwise an API key
    user_id owner;
    bool is_admin = false;  // the owner
    std::string scopes;     // "read,submit"
    std::optional<std::int64_t> expires_at_ms;
};
std::string encode_token_entry(const token_entry& e);
std::optional<token_entry> decode_token_entry(std::string_view text);

// Pub/sub: the digests of tokens that have just been revoked. Told after their entries say so, so
// whoever listens first and reads the entry then misses none.
inline constexpr std::string_view revocation_channel = "sluice:revoked";
std::string encode_revocations(const std::vector<std::string>& sha256s);
std::optional<std::vector<std::string>> decode_revocations(std::string_view payload);

// What stands behind a ticket: for whom it is, and by which session or key it was made.
struct ticket_entry {
    user_id owner;
    std::string token_sha256;  // 32 bytes
};
std::string encode_ticket_entry(const ticket_entry& e);
std::optional<ticket_entry> decode_ticket_entry(std::string_view text);

}  // namespace sluice::messages
