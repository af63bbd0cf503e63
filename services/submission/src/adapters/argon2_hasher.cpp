// Whatever a pool thread touches is owned by the work itself: the caller may be cancelled before
// the thread is done.
#include "argon2_hasher.hpp"

#include "sluice/core/assert.hpp"

#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace sluice::submission {
namespace {

// Leaves the count when the caller does, cancelled or not.
class one_more {
public:
    explicit one_more(std::size_t& count) : count_(count) { ++count_; }
    ~one_more() { --count_; }
    one_more(const one_more&) = delete;
    one_more& operator=(const one_more&) = delete;

private:
    std::size_t& count_;
};

constexpr int hash_niceness = 10;

// Of the calling thread, once; Linux keeps it for each thread (setpriority(2), NOTES). Without the
// right to, it works as it is.
void yield_to_others() {
    thread_local const int done =
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), hash_niceness);
    static_cast<void>(done);
}

struct job {
    std::string password;
    std::string hash;
    bool is_right = false;
    bool has_failed = false;
    ~job() { ::sodium_memzero(password.data(), password.size()); }
};

}  // namespace

argon2_hasher::argon2_hasher(hash_costs costs) : costs_(costs), pool_(costs.threads) {
    auto made = hash_now(costs_, make_token(token_kind::session));
    if (!made) throw std::runtime_error(describe(made.error()));
    nobody_ = std::move(*made);
}

result<std::string> argon2_hasher::hash_now(const hash_costs& costs, const std::string& password) {
    SLUICE_ASSERT(::sodium_init() >= 0);
    std::array<char, crypto_pwhash_STRBYTES> out{};
    const int failed = ::crypto_pwhash_str_alg(
        out.data(),
        password.data(),
        password.size(),
        costs.iterations,
        costs.memory_bytes,
        crypto_pwhash_ALG_ARGON2ID13
    );
    if (failed != 0) return fail(errc::unavailable, "no memory for a password hash");
    return std::string(out.data());
}

awaitable<result<std::string>> argon2_hasher::hash(std::string password) {
    if (is_full()) co_return fail(errc::overloaded);
    const one_more counted(in_hand_);
    auto mine = std::make_shared<job>();
    mine->password = std::move(password);
    std::function<void()> work = [mine, costs = costs_] {
        yield_to_others();
        auto made = hash_now(costs, mine->password);
        mine->has_failed = !made;
        if (made) mine->hash = std::move(*made);
    };
    co_await pool_.run(std::move(work));
    if (mine->has_failed) co_return fail(errc::unavailable, "no memory for a password hash");
    co_return std::move(mine->hash);
}

awaitable<result<bool>> argon2_hasher::verify(std::string hash, std::string password) {
    if (is_full()) co_return fail(errc::overloaded);
    const one_more counted(in_hand_);
    auto mine = std::make_shared<job>();
    mine->password = std::move(password);
    mine->hash = std::move(hash);
    std::function<void()> work = [mine] {
        yield_to_others();
        const std::string& p = mine->password;
        mine->is_right = ::crypto_pwhash_str_verify(mine->hash.c_str(), p.data(), p.size()) == 0;
    };
    co_await pool_.run(std::move(work));
    co_return mine->is_right;
}

bool argon2_hasher::is_outdated(const std::string& hash) const {
    return ::crypto_pwhash_str_needs_rehash(hash.c_str(), costs_.iterations, costs_.memory_bytes) !=
           0;
}

}  // namespace sluice::submission
