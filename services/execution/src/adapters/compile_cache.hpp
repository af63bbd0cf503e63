// Compiled programs, content-addressed: the key is the SHA-256 of everything that decides the
// artefact, so one user's hostile artefact can only be met by the very same sources. Entries are
// sealed memfds, read-only for every later sandbox; the least recently used go when the bound on
// bytes or entries is reached.
#pragma once

#include "ports.hpp"

#include "sluice/runtime/event.hpp"

#include <list>
#include <map>
#include <unordered_map>

namespace sluice::execution {

struct cache_bounds {
    std::int64_t max_bytes = 256 << 20;
    std::size_t max_entries = 512;
};

class compile_cache final : public artefact_cache {
public:
    compile_cache(asio::any_io_executor executor, cache_bounds bounds);
    void change(cache_bounds bounds);  // what is above them goes at once

    awaitable<result<compiled>> get_or_compile(
        std::string material,
        std::function<awaitable<result<compiled>>()> compile
    ) override;

    std::int64_t bytes() const { return bytes_; }
    std::size_t entries() const { return index_.size(); }

private:
    using digest = std::string;  // 32 bytes
    struct entry {
        digest key;
        compiled value;
        std::int64_t size = 0;
    };
    // Someone compiles this right now. `outcome` stays empty when that failed for a reason of ours.
    struct flight {
        explicit flight(asio::any_io_executor executor) : done(std::move(executor)) {}
        runtime::event done;
        std::optional<compiled> outcome;
    };
    class landing;

    std::optional<compiled> find(const digest& key);
    void insert(const digest& key, const compiled& value);
    void evict();
    awaitable<result<compiled>>
    lead(digest key, std::function<awaitable<result<compiled>>()> compile);

    asio::any_io_executor executor_;
    cache_bounds bounds_;
    std::int64_t bytes_ = 0;
    std::list<entry> by_use_;  // the most recently used first
    std::unordered_map<digest, std::list<entry>::iterator> index_;
    std::map<digest, std::shared_ptr<flight>> flights_;
};

}  // namespace sluice::execution
