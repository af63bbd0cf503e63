// See admission_keeper.hpp.
#include "admission_keeper.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

constexpr std::chrono::milliseconds look_interval{1000};
// Near the bound it is looked at more often, so that little comes in beyond it.
constexpr std::chrono::milliseconds near_interval{200};
constexpr std::chrono::seconds compare_interval{30};
// What was admitted just now need not be stored yet.
constexpr std::chrono::seconds settled_after{30};
constexpr std::int64_t rows_at_once = 1000;
constexpr std::int64_t held_at_most = 1'000'000;

std::int64_t created_ms(const submission_id& id) {
    constexpr std::size_t time_bytes = 6;
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < time_bytes; ++i)
        ms = ms << 8 | id.value().bytes()[i];
    return ms;
}

}  // namespace

admission_keeper::admission_keeper(
    asio::any_io_executor executor,
    postgres_held& held,
    redis_flight& flight,
    worker_reader& workers,
    queue_level& level,
    const clock& time,
    depth_reader depth
)
    : held_(held)
    , flight_(flight)
    , workers_(workers)
    , level_(level)
    , time_(time)
    , depth_(std::move(depth))
    , stopping_(executor) {}

awaitable<void> admission_keeper::run() {
    while (!stopping_.is_set()) {
        co_await look();
        auto done = co_await restore_if_lost();
        if (done && time_.steady() >= next_compare_) {
            next_compare_ = time_.steady() + compare_interval;
            const auto compared = co_await compare();
            if (!compared) done = compared.error();
        }
        if (!done) observe::debug({}, "flight_not_compared", {{"error", done.error()}});
        const bool is_close = level_.maximum() > 0 && level_.waiting() * 2 > level_.maximum();
        const auto pause = deadline::in(is_close ? near_interval : look_interval);
        const auto stopped = co_await stopping_.wait(pause);
        if (!stopped && stopped.error() == errc::cancelled) co_return;
    }
}

awaitable<void> admission_keeper::look() {
    co_await workers_.fresh();  // the window follows the slots
    const auto depth = co_await depth_();
    if (depth) level_.queued(*depth);  // otherwise what was known last holds
    const auto held = co_await held_.count(held_at_most);
    if (held) level_.held(*held);
}

awaitable<result<void>> admission_keeper::restore_if_lost() {
    const auto known = co_await flight_.is_known();
    if (!known) co_return known.error();
    if (*known) co_return result<void>();
    std::size_t count = 0;
    std::optional<submission_id> after;
    for (;;) {
        auto rows = co_await held_.unfinished(time_.now(), after, rows_at_once);
        if (!rows) co_return rows.error();
        if (rows->empty()) break;
        const bool is_last = static_cast<std::int64_t>(rows->size()) < rows_at_once;
        after = rows->back().id;
        count += rows->size();
        SLUICE_CO_TRY(co_await flight_.restore(std::move(*rows)));
        if (is_last) break;
    }
    if (count == 0) {
        std::vector<unfinished_row> none;
        SLUICE_CO_TRY(co_await flight_.restore(std::move(none)));
    }
    SLUICE_CO_TRY(co_await flight_.now_known());
    observe::info({}, "flight_restored", {{"submissions", count}});
    co_return result<void>();
}

awaitable<result<std::size_t>> admission_keeper::compare() {
    std::size_t removed = 0;
    const auto is_mine = co_await flight_.may_keep(compare_interval - look_interval);
    if (!is_mine) co_return is_mine.error();
    if (!*is_mine) co_return removed;
    auto users = co_await flight_.users();
    if (!users) co_return users.error();
    for (auto& user : *users) {
        const auto gone = co_await compare_user(user);
        if (!gone) co_return gone.error();
        removed += *gone;
        SLUICE_CO_TRY(co_await flight_.forget_user_if_idle(std::move(user)));
    }
    if (removed > 0) observe::info({}, "flight_corrected", {{"entries", removed}});
    co_return removed;
}

awaitable<result<std::size_t>> admission_keeper::compare_user(user_id user) {
    auto ids = co_await flight_.ids_of(user);
    if (!ids) co_return ids.error();
    const std::int64_t settled = unix_ms(time_.now() - settled_after);
    std::erase_if(*ids, [settled](const auto& id) { return created_ms(id) > settled; });
    std::size_t removed = 0;
    if (ids->empty()) co_return removed;
    const auto open = co_await held_.still_open(*ids);
    if (!open) co_return open.error();
    const std::set<submission_id> stays(open->begin(), open->end());
    std::erase_if(*ids, [&stays](const auto& id) { return stays.contains(id); });
    removed = ids->size();
    if (removed == 0) co_return removed;
    SLUICE_CO_TRY(co_await flight_.end(std::move(user), std::move(*ids)));
    co_return removed;
}

}  // namespace sluice::submission
