// The copies of tokens in Redis, by digest. A revocation overwrites the entry and stays a while, so
// that a process which had read the row just before cannot write the entry back.
#pragma once

#include "../accounts/ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

class redis_shared_tokens final : public shared_tokens {
public:
    explicit redis_shared_tokens(redis::client& client) : client_(client) {}

    awaitable<result<shared_answer>> find(std::string sha256) override;
    awaitable<result<void>>
    put(std::string sha256, token_facts facts, std::chrono::milliseconds lives) override;
    awaitable<result<void>> revoked(std::vector<std::string> sha256s) override;
    awaitable<result<void>> forget(std::vector<std::string> sha256s) override;
    awaitable<result<void>> used(std::vector<std::string> sha256s, std::chrono::milliseconds lives)
        override;

private:
    awaitable<result<void>> all(std::vector<std::vector<std::string>> commands);

    redis::client& client_;
};

}  // namespace sluice::submission
