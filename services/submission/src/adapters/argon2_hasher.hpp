// argon2id by libsodium, on threads of its own: a hash takes tens of milliseconds and megabytes by
// design, and the loop must not wait for it. They run at a lower priority than the loop (nice 10),
// so that a storm of sign-ins takes the processor from nobody else's requests.
#pragma once

#include "../accounts/ports.hpp"

#include "sluice/runtime/blocking_pool.hpp"

namespace sluice::submission {

struct hash_costs {
    std::size_t memory_bytes = std::size_t{64} << 20;
    unsigned long long iterations = 2;
    std::size_t threads = 2;       // hashes at a time, each with its memory
    std::size_t max_waiting = 64;  // beside those that run
};

class argon2_hasher final : public password_hasher {
public:
    // Computes one hash (that of nobody) on the calling thread.
    explicit argon2_hasher(hash_costs costs);

    bool is_full() const override { return in_hand_ >= costs_.threads + costs_.max_waiting; }
    awaitable<result<std::string>> hash(std::string password) override;
    awaitable<result<bool>> verify(std::string hash, std::string password) override;
    bool is_outdated(const std::string& hash) const override;
    const std::string& hash_of_nobody() const override { return nobody_; }

    // Of the calling thread, which it blocks: for commands.
    static result<std::string> hash_now(const hash_costs& costs, const std::string& password);

private:
    hash_costs costs_;
    std::string nobody_;
    std::size_t in_hand_ = 0;  // counted on the loop
    runtime::blocking_pool pool_;
};

}  // namespace sluice::submission
