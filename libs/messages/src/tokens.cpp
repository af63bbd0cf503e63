// One small JSON object. Whatever is not exactly one is no entry.
#include "sluice/messages/tokens.hpp"

#include <nlohmann/json.hpp>
#include <openssl/sha.h>

#include <array>

namespace sluice::messages {

using nlohmann::json;

std::string token_digest(std::string_view token) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    ::SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
    return {digest.begin(), digest.end()};
}

std::string encode_token_entry(const token_entry& e) {
    json out;
    out["id"] = e.id.to_string();
    out["kind"] = e.is_session ? "session" : "key";
    out["user_id"] = e.owner;
    out["role"] = e.is_admin ? "admin" : "user";
    out["scopes"] = e.scopes;
    if (e.expires_at_ms) out["expires_at_ms"] = *e.expires_at_ms;
    return out.dump();
}

std::optional<token_entry> decode_token_entry(std::string_view text) {
    const json parsed = json::parse(text, nullptr, false);
    if (!parsed.is_object()) return std::nullopt;
    const auto text_of = [&parsed](const char* name) -> std::string {
        const auto found = parsed.find(name);
        return found != parsed.end() && found->is_string() ? found->get<std::string>() : "";
    };
    token_entry out;
    const auto id = uuid::parse(text_of("id"));
    out.owner = text_of("user_id");
    if (!id || out.owner.empty()) return std::nullopt;
    out.id = *id;
    out.is_session = text_of("kind") == "session";
    out.is_admin = text_of("role") == "admin";
    out.scopes = text_of("scopes");
    const auto expires = parsed.find("expires_at_ms");
    if (expires != parsed.end()) {
        if (!expires->is_number_integer()) return std::nullopt;
        out.expires_at_ms = expires->get<std::int64_t>();
    }
    return out;
}

}  // namespace sluice::messages
