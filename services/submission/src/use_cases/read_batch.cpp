// See read_batch.hpp. What runs is known to Redis only, as with single submissions: the rows say
// queued, and a running one is told apart where it is known.
#include "read_batch.hpp"

#include "cursors.hpp"
#include "read_submission.hpp"

#include <set>

namespace sluice::submission {
awaitable<outcome<batch_page>> read_batch(
    observe::context ctx,
    ports& p,
    user_id owner,
    sluice::correlation_id id,
    std::optional<std::int64_t> after,
    std::size_t limit
) {
    auto found = co_await p.batches.read(std::move(owner), id);
    if (!found) co_return storage_away(ctx, found.error());
    if (!*found) co_return reject("not_found", "no batch of yours has this correlation id");
    batch_page page;
    page.view = std::move((*found)->view);
    auto items = co_await p.batches.items(page.view.id, after, limit + 1);
    if (!items) co_return storage_away(ctx, items.error());
    page.items = std::move(*items);
    page.next_cursor = cut_page(page.items, limit, [](const batch_item& last) {
        return make_index_cursor(last.index);
    });
    const auto& unfinished = (*found)->unfinished;
    if (unfinished.empty()) co_return page;
    const auto states = co_await p.states.running(unfinished);
    std::set<submission_id> running;
    for (std::size_t i = 0; i < unfinished.size() && i < states.size(); ++i) {
        if (states[i]) running.insert(unfinished[i]);
    }
    if (running.empty()) co_return page;
    const auto count = static_cast<std::int64_t>(running.size());
    page.view.counts[domain::status::running] = count;
    auto& queued = page.view.counts[domain::status::queued];
    queued -= count;
    if (queued <= 0) page.view.counts.erase(domain::status::queued);
    for (auto& item : page.items) {
        auto& summary = item.summary;
        const bool is_running = running.contains(summary.id);
        if (is_running && !summary.finished_at) summary.status = domain::status::running;
    }
    co_return page;
}

}  // namespace sluice::submission
