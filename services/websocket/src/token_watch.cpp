// See token_watch.hpp.
#include "token_watch.hpp"

#include "sluice/observe/log.hpp"

#include <algorithm>

namespace sluice::websocket {
namespace {

// The wall clock may be set meanwhile.
constexpr std::chrono::minutes longest_pause{10};
constexpr std::chrono::seconds retry_after{2};

}  // namespace

token_watch::token_watch(
    asio::any_io_executor executor,
    hub& members,
    session_registry& registry,
    const clock& time
)
    : members_(members), registry_(registry), time_(time), woken_(std::move(executor)) {
    members_.on_sooner_end = [this] { woken_.set(); };
}

awaitable<void> token_watch::run() {
    while (!is_stopped_) {
        const auto woken = co_await woken_.wait(deadline::in(pause()));
        if (is_stopped_ || (!woken && woken.error() != errc::timeout)) co_return;
        woken_.reset();
        if (members_.next_token_end() <= time_.now()) co_await look();
    }
}

void token_watch::stop() {
    is_stopped_ = true;
    woken_.set();
}

awaitable<void> token_watch::look() {
    auto due = members_.tokens_due(time_.now());
    if (due.empty()) co_return;
    const auto standings = co_await registry_.standings(due);
    const wall_time now = time_.now();
    if (!standings) {
        observe::warn({}, "token_ends_not_known", {{"error", standings.error()}});
        for (const std::string& one : due)
            members_.set_token_end(one, now + retry_after);
        co_return;
    }
    std::vector<std::string> expired;
    for (std::size_t i = 0; i < due.size(); ++i) {
        const token_standing& its = (*standings)[i];
        // One that is not there any more was not prolonged: its entry has lapsed with it.
        const bool is_good = its.is_known && (!its.ends_at || *its.ends_at > now);
        if (!is_good) {
            expired.push_back(std::move(due[i]));
        } else if (its.ends_at) {
            members_.set_token_end(due[i], *its.ends_at);
        }
    }
    members_.end(expired, token_end::expired);
}

std::chrono::milliseconds token_watch::pause() const {
    const wall_time next = members_.next_token_end();
    const wall_time now = time_.now();
    if (next >= now + longest_pause) return longest_pause;
    return std::max(shortest_pause, next - now);
}

}  // namespace sluice::websocket
