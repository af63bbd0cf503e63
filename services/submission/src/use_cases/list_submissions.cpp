// One row more than asked for tells whether there is a next page.
#include "list_submissions.hpp"

#include "read_submission.hpp"

#include "sluice/messages/json.hpp"

#include <algorithm>

namespace sluice::submission {

// The 36 characters of an id make 48 of base64: no padding, and none that a URL would escape.
std::string make_cursor(submission_id last_seen) {
    return messages::base64_encode(last_seen.to_string());
}

std::optional<submission_id> parse_cursor(std::string_view text) {
    const auto id = messages::base64_decode(text);
    return id ? submission_id::parse(*id) : std::nullopt;
}

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
    if (page.items.size() > limit) {
        page.items.resize(limit);
        page.next_cursor = make_cursor(page.items.back().id);
    }
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
