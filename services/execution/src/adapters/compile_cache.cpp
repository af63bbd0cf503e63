// See compile_cache.hpp. A leader that is cancelled or fails lands its flight without an outcome;
// the waiters look again, and the first of them becomes the next leader.
#include "adapters/compile_cache.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/core/digest.hpp"

#include <utility>

namespace sluice::execution {
namespace {

constexpr std::int64_t entry_overhead = 512;  // bookkeeping, estimated

std::int64_t size_of(const compiled& c) {
    const std::int64_t artefacts = c.artefacts ? c.artefacts->size_bytes() : 0;
    return artefacts + static_cast<std::int64_t>(c.report.output.size()) + entry_overhead;
}

}  // namespace

// Ends the flight however the leader ends: by return, by exception, by being destroyed.
class compile_cache::landing {
public:
    landing(compile_cache& cache, digest key, std::shared_ptr<flight> f)
        : cache_(cache), key_(std::move(key)), flight_(std::move(f)) {}
    ~landing() {
        cache_.flights_.erase(key_);
        flight_->done.set();
    }
    landing(const landing&) = delete;
    landing& operator=(const landing&) = delete;

private:
    compile_cache& cache_;
    digest key_;
    std::shared_ptr<flight> flight_;
};

compile_cache::compile_cache(asio::any_io_executor executor, cache_bounds bounds)
    : executor_(std::move(executor)), bounds_(bounds) {}

awaitable<result<compiled>> compile_cache::get_or_compile(
    std::string material,
    std::function<awaitable<result<compiled>>()> compile
) {
    digest key = sha256(material);
    std::string().swap(material);  // as large as the sources; not needed while waiting
    for (;;) {
        if (auto hit = find(key)) {
            hit->report.is_cached = true;
            co_return std::move(*hit);
        }
        const auto running = flights_.find(key);
        if (running == flights_.end()) {
            co_return co_await lead(std::move(key), std::move(compile));
        }
        const std::shared_ptr<flight> flight = running->second;
        auto waited = co_await flight->done.wait();
        if (!waited) co_return std::move(waited).error();
        if (flight->outcome) {
            compiled shared = *flight->outcome;
            shared.report.is_cached = true;
            co_return shared;
        }
    }
}

awaitable<result<compiled>>
compile_cache::lead(digest key, std::function<awaitable<result<compiled>>()> compile) {
    auto own = std::make_shared<flight>(executor_);
    SLUICE_ASSERT(flights_.emplace(key, own).second);
    const landing at_the_end(*this, key, own);
    auto made = co_await compile();
    if (made) {
        own->outcome = *made;
        if (!made->failure) insert(key, *made);
    }
    co_return made;
}

void compile_cache::change(cache_bounds bounds) {
    bounds_ = bounds;
    evict();
}

std::optional<compiled> compile_cache::find(const digest& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return found->second->value;
}

void compile_cache::insert(const digest& key, const compiled& value) {
    const std::int64_t size = size_of(value);
    if (size > bounds_.max_bytes || bounds_.max_entries == 0 || index_.contains(key)) return;
    by_use_.push_front(entry{key, value, size});
    index_[key] = by_use_.begin();
    bytes_ += size;
    evict();
}

void compile_cache::evict() {
    while (bytes_ > bounds_.max_bytes || index_.size() > bounds_.max_entries) {
        SLUICE_ASSERT(!by_use_.empty());
        bytes_ -= by_use_.back().size;
        index_.erase(by_use_.back().key);
        by_use_.pop_back();
    }
}

}  // namespace sluice::execution
