// See list_submissions.hpp.
#include "list_submissions.hpp"

#include "cursors.hpp"
#include "read_submission.hpp"

#include <algorithm>

namespace sluice::submission {

awaitable<outcome<submission_page>> list_submissions(
    observe::context ctx,
    ports& p,
    user_id owner,
    history_filter filter,
    std::size_t limit
) {
    const auto has = [&filter](domain::status s) {
        return std::ranges::find(filter.statuses, s) != filter.statuses.end();
    };
    const bool is_narrow = !filter.statuses.empty();
    const bool has_queued = !is_narrow || has(domain::status::queued);
    const bool has_running = !is_narrow || has(domain::status::running);
    auto found = co_await p.store.list(std::move(owner), std::move(filter), limit + 1);
    if (!found) co_return storage_away(ctx, found.error());
    submission_page page;
    page.items = std::move(*found);
    page.next_cursor = cut_page(page.items, limit, [](const submission_summary& last) {
        return make_cursor(last.id.value());
    });
    std::vector<submission_id> unfinished;
    for (const auto& item : page.items) {
        if (!domain::is_terminal(item.status)) unfinished.push_back(item.id);
    }
    if (unfinished.empty()) co_return page;
    const auto running = co_await p.states.running(std::move(unfinished));
    std::size_t next = 0;
    for (auto& item : page.items) {
        if (domain::is_terminal(item.status)) continue;
        if (next < running.size() && running[next]) item.status = domain::status::running;
        ++next;
    }
    // The rows do not tell queued from running: a page of one of them may have less than it may.
    std::erase_if(page.items, [&](const submission_summary& item) {
        if (item.status == domain::status::queued) return !has_queued;
        return item.status == domain::status::running && !has_running;
    });
    co_return page;
}

}  // namespace sluice::submission
