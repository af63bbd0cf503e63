// Sessions and API keys as an identity source. What is asked for often is answered from memory, for
// at most two seconds: so long may a token that another process revoked still be good here.
// Otherwise Redis is asked, and PostgreSQL when Redis does not know it or is away.
#pragma once

#include "ports.hpp"

#include <string>
#include <unordered_map>

namespace sluice::submission {

inline constexpr std::chrono::seconds token_memory_lifetime{2};
inline constexpr std::size_t token_memory_size = 10'000;

class issued_tokens final : public identity_source, public token_memory {
public:
    issued_tokens(token_store& store, shared_tokens& shared, const clock& time, account_rules rules)
        : store_(store), shared_(shared), time_(time), rules_(rules) {}

    awaitable<result<std::optional<identity>>> of_token(std::string token) override;
    void forget(const std::vector<std::string>& sha256s) override;

    struct use {
        uuid id;
        token_kind kind = token_kind::session;
        wall_time at;
    };
    // By digest: what was used since the last call. The keeper writes it down.
    std::unordered_map<std::string, use> take_uses();

private:
    struct entry {
        std::optional<token_facts> facts;  // nullopt: not a good token
        steady_time until;
    };
    awaitable<result<std::optional<token_facts>>> look_up(std::string sha256);
    void remember(const std::string& sha256, std::optional<token_facts> facts);
    std::optional<identity> accept(const std::string& sha256, const token_facts& facts);

    token_store& store_;
    shared_tokens& shared_;
    const clock& time_;
    account_rules rules_;
    std::unordered_map<std::string, entry> known_;
    std::unordered_map<std::string, use> uses_;
    std::uint64_t forgotten_ = 0;  // counts calls of forget: what was read before is not remembered
};

}  // namespace sluice::submission
