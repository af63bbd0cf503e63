// One small JSON object. Whatever is not exactly one is no entry.
#include "sluice/messages/tokens.hpp"

#include "sluice/core/digest.hpp"

#include <nlohmann/json.hpp>

namespace sluice::messages {

using nlohmann::json;

namespace {

constexpr std::size_t digest_size = 32;  // of SHA-256

std::optional<std::string> digest_of_text(std::string_view text) {
    auto digest = from_hex(text);
    if (digest && digest->size() != digest_size) digest.reset();
    return digest;
}

}  // namespace

std::string token_digest(std::string_view token) {
    return sha256(token);
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

std::string encode_revocations(const std::vector<std::string>& sha256s) {
    json out = json::array();
    for (const std::string& one : sha256s)
        out.push_back(to_hex(one));
    return out.dump();
}

std::optional<std::vector<std::string>> decode_revocations(std::string_view payload) {
    const json parsed = json::parse(payload, nullptr, false);
    if (!parsed.is_array()) return std::nullopt;
    std::vector<std::string> out;
    for (const json& one : parsed) {
        if (!one.is_string()) return std::nullopt;
        auto digest = digest_of_text(one.get<std::string>());
        if (!digest) return std::nullopt;
        out.push_back(std::move(*digest));
    }
    return out;
}

std::string encode_ticket_entry(const ticket_entry& e) {
    json out;
    out["user_id"] = e.owner;
    out["token"] = to_hex(e.token_sha256);
    return out.dump();
}

std::optional<ticket_entry> decode_ticket_entry(std::string_view text) {
    const json parsed = json::parse(text, nullptr, false);
    if (!parsed.is_object()) return std::nullopt;
    const auto owner = parsed.find("user_id");
    const auto token = parsed.find("token");
    if (owner == parsed.end() || !owner->is_string() || token == parsed.end() ||
        !token->is_string()) {
        return std::nullopt;
    }
    auto digest = digest_of_text(token->get<std::string>());
    if (!digest) return std::nullopt;
    ticket_entry out;
    out.owner = owner->get<std::string>();
    out.token_sha256 = std::move(*digest);
    if (out.owner.empty()) return std::nullopt;
    return out;
}

}  // namespace sluice::messages
