// See heartbeat.hpp.
#include "heartbeat.hpp"

#include "sluice/observe/log.hpp"

#include <algorithm>
#include <utility>

namespace sluice::websocket {
namespace {

constexpr std::chrono::milliseconds retry_after{250};

}  // namespace

awaitable<void> heartbeat::run() {
    bool is_failing = false;
    for (;;) {
        const auto pause = is_failing ? std::min(retry_after, interval_) : interval_;
        auto woken = co_await woken_.wait(deadline::in(pause));
        if (is_stopped_ || (!woken && woken.error() != errc::timeout)) co_return;
        woken_.reset();
        const bool has_gap = std::exchange(has_gap_, false);
        auto all = members_.sessions();
        auto missing = co_await registry_.refresh(std::move(all));
        if (!missing) {
            has_gap_ = has_gap_ || has_gap;
            if (!is_failing) {
                observe::warn({}, "heartbeat_failed", {{"error", missing.error()}});
            }
            is_failing = true;
            continue;
        }
        if (has_gap) {
            auto tokens = members_.tokens();
            const auto standings = co_await registry_.standings(tokens);
            if (!standings) {
                has_gap_ = true;
                is_failing = true;
                continue;
            }
            std::vector<std::string> revoked;
            for (std::size_t i = 0; i < tokens.size(); ++i)
                if ((*standings)[i].is_revoked) revoked.push_back(std::move(tokens[i]));
            members_.end(revoked, token_end::revoked);
        }
        is_failing = false;
        if (has_gap) {
            metrics_.gaps.increment();
            observe::info({}, "sessions_replayed", {{"sessions", members_.size()}});
            members_.gap_all();
        } else {
            for (const sluice::user_id& user : *missing)
                members_.gap(user);
        }
    }
}

void heartbeat::stop() {
    is_stopped_ = true;
    woken_.set();
}

void heartbeat::on_gap() {
    has_gap_ = true;
    woken_.set();
}

}  // namespace sluice::websocket
