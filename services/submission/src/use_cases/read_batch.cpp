// See read_batch.hpp. What runs is known to Redis only, as with single submissions: the rows say
// queued, and a running one is told apart where it is known.
#include "read_batch.hpp"

#include "read_submission.hpp"

#include "sluice/messages/json.hpp"

#include <charconv>
#include <set>

namespace sluice::submission {
namespace {

constexpr std::size_t cursor_digits = 9;  // nine characters are twelve of base64, without padding

}  // namespace

std::string make_batch_cursor(std::int64_t index) {
    std::string digits = std::to_string(index);
    if (digits.size() < cursor_digits) digits.insert(0, cursor_digits - digits.size(), '0');
    return messages::base64_encode(digits);
}

std::optional<std::int64_t> parse_batch_cursor(std::string_view text) {
    const auto digits = messages::base64_decode(text);
    if (!digits || digits->size() != cursor_digits) return std::nullopt;
    std::int64_t index = 0;
    const char* end = digits->data() + digits->size();
    const auto parsed = std::from_chars(digits->data(), end, index);
    if (parsed.ec != std::errc() || parsed.ptr != end || index < 0) return std::nullopt;
    return index;
}

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
    if (page.items.size() > limit) {
        page.items.resize(limit);
        page.next_cursor = make_batch_cursor(page.items.back().index);
    }
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
