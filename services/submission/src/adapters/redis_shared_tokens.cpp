// See redis_shared_tokens.hpp.
#include "redis_shared_tokens.hpp"

#include "sluice/messages/tokens.hpp"
#include "sluice/messages/topology.hpp"

namespace sluice::submission {
namespace {

// Longer than a statement and a command may take together.
constexpr const char* revocation_seconds = "600";

}  // namespace

awaitable<result<shared_answer>> redis_shared_tokens::find(std::string sha256) {
    std::vector<std::string> get{"GET", messages::keys::token(sha256)};
    const auto got = co_await client_.command(std::move(get));
    if (!got) co_return got.error();
    shared_answer out;
    if (got->is_nil()) co_return out;
    if (got->text == messages::revoked_token) {
        out.what = shared_answer::kind::revoked;
        co_return out;
    }
    const auto entry = messages::decode_token_entry(got->text);
    if (!entry) co_return out;
    out.what = shared_answer::kind::known;
    out.facts.id = entry->id;
    out.facts.kind = entry->is_session ? token_kind::session : token_kind::key;
    out.facts.owner = entry->owner;
    out.facts.role = entry->is_admin ? role::admin : role::user;
    out.facts.scopes = parse_scopes(entry->scopes);
    if (entry->expires_at_ms) out.facts.expires_at = from_unix_ms(*entry->expires_at_ms);
    co_return out;
}

awaitable<result<void>>
redis_shared_tokens::put(std::string sha256, token_facts facts, std::chrono::milliseconds lives) {
    if (lives.count() <= 0) co_return result<void>();
    messages::token_entry entry;
    entry.id = facts.id;
    entry.is_session = facts.kind == token_kind::session;
    entry.owner = facts.owner;
    entry.is_admin = facts.role == role::admin;
    entry.scopes = to_text(facts.scopes);
    if (facts.expires_at) entry.expires_at_ms = unix_ms(*facts.expires_at);
    std::vector<std::string> set{
        "SET",
        messages::keys::token(sha256),
        messages::encode_token_entry(entry),
        "PX",
        std::to_string(lives.count()),
        "NX"};
    const auto done = co_await client_.command(std::move(set));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<void>> redis_shared_tokens::revoked(std::vector<std::string> sha256s) {
    std::vector<std::vector<std::string>> commands;
    for (const std::string& one : sha256s) {
        std::vector<std::string> set{
            "SET",
            messages::keys::token(one),
            std::string(messages::revoked_token),
            "EX",
            revocation_seconds};
        commands.push_back(std::move(set));
    }
    // After the entries: see revocation_channel.
    if (!sha256s.empty()) {
        commands.push_back(
            {"PUBLISH",
             std::string(messages::revocation_channel),
             messages::encode_revocations(sha256s)}
        );
    }
    co_return co_await all(std::move(commands));
}

awaitable<result<void>> redis_shared_tokens::forget(std::vector<std::string> sha256s) {
    std::vector<std::vector<std::string>> commands;
    for (const std::string& one : sha256s)
        commands.push_back({"DEL", messages::keys::token(one)});
    co_return co_await all(std::move(commands));
}

awaitable<result<void>>
redis_shared_tokens::used(std::vector<std::string> sha256s, std::chrono::milliseconds lives) {
    std::vector<std::vector<std::string>> commands;
    for (const std::string& one : sha256s) {
        std::vector<std::string> expire{
            "PEXPIRE",
            messages::keys::token(one),
            std::to_string(lives.count())};
        commands.push_back(std::move(expire));
    }
    co_return co_await all(std::move(commands));
}

awaitable<result<void>> redis_shared_tokens::all(std::vector<std::vector<std::string>> commands) {
    if (commands.empty()) co_return result<void>();
    const auto answers = co_await client_.pipeline(std::move(commands));
    for (const auto& one : answers) {
        if (!one) co_return one.error();
    }
    co_return result<void>();
}

}  // namespace sluice::submission
