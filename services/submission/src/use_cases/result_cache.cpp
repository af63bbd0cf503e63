// See result_cache.hpp.
#include "result_cache.hpp"

#include "sluice/core/digest.hpp"
#include "sluice/domain/cacheable.hpp"
#include "sluice/messages/codec.hpp"
#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

// Of the meaning of a key: another one never finds what an older release wrote.
constexpr std::string_view key_version = "1";

void append(std::string& to, std::string_view part) {
    to += std::to_string(part.size());
    to += ':';
    to += part;
}

}  // namespace

std::optional<std::string> cache_key(const ports& p, const domain::task& task) {
    if (!task.cache || p.cache.store == nullptr || task.interactive || task.comparison) {
        return std::nullopt;
    }
    const worker_knowledge& workers = p.workers.last_known();
    if (!workers.is_known) return std::nullopt;
    std::string text(key_version);
    append(text, p.cache.is_shared ? std::string() : task.user_id);
    const auto* language = workers.find(task.language);
    if (language == nullptr) return std::nullopt;
    append(text, language->version);
    if (task.checker) {
        const auto* checker = workers.find(task.checker->language);
        if (checker == nullptr) return std::nullopt;
        append(text, checker->version);
    }
    // All of the task but what is new with each.
    domain::task same = task;
    same.id = {};
    same.correlation_id = {};
    same.user_id = "-";
    same.created_at = {};
    same.deadline_at = {};
    same.cancel_on_disconnect = false;
    append(text, messages::encode(same));
    return sha256(text);
}

awaitable<std::optional<domain::run_result>>
find_cached(observe::context ctx, ports& p, domain::task task, std::string key) {
    const bool is_shared = p.cache.is_shared;
    auto found = co_await p.cache.store->find(std::move(key));
    if (!found) {
        observe::warn(ctx, "cache_failed", {{"error", found.error()}});
        co_return std::nullopt;
    }
    if (!*found) co_return std::nullopt;
    auto value = messages::decode_result(**found);
    const bool is_good = value && domain::is_cacheable(*value) &&
                         domain::could_be_of(*value, task) &&
                         (is_shared || value->user_id == task.user_id);
    if (!is_good) {
        observe::warn(ctx, "cache_not_believed");
        co_return std::nullopt;
    }
    value->original_run_at = value->times.ended_at     ? value->times.ended_at
                             : value->times.created_at ? value->times.created_at
                                                       : p.time.now();
    value->id = task.id;
    value->correlation_id = task.correlation_id;
    value->user_id = task.user_id;
    value->attempt = 1;
    value->times = {};
    value->times.created_at = task.created_at;
    value->times.ended_at = p.time.now();
    co_return std::move(*value);
}

awaitable<bool> publish_cached(observe::context ctx, ports& p, domain::run_result value) {
    const submission_id id = value.id;
    const auto published = co_await p.cache.feed->publish(std::move(value));
    if (!published) {
        observe::warn(ctx, "cached_result_not_told", {{"error", published.error()}});
        co_return false;
    }
    p.marks.published(id);
    observe::info(ctx, "answered_from_cache");
    co_return true;
}

}  // namespace sluice::submission
