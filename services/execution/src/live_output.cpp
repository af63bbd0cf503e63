// One batch is on its way at a time; what comes meanwhile waits in the coalescer, which is bounded.
// So a slow Redis costs pieces, never memory.
#include "live_output.hpp"

#include <utility>

namespace sluice::execution {
namespace {

constexpr std::chrono::milliseconds last_moment{500};

}  // namespace

live_output::live_output(live_services& services, const clock& time, output_identity who)
    : services_(services)
    , time_(time)
    , who_(who)
    , coalescer_(services.settings.output)
    , woken_(services.executor)
    , ended_(services.executor) {}

void live_output::add(domain::output_stream from, std::string_view bytes) {
    if (is_over_) return;
    const auto before = coalescer_.due();
    coalescer_.add(from, bytes, time_.steady());
    if (coalescer_.due() == before) return;
    if (is_running_) return woken_.set();
    is_running_ = true;
    if (!services_.gate.spawn("live output", run(shared_from_this()))) is_over_ = true;
}

awaitable<void> live_output::finish() {
    is_over_ = true;
    woken_.set();
    if (!is_running_ || !coalescer_.has_sent()) co_return;
    auto ended = co_await ended_.wait(deadline::in(last_moment));
    (void)ended;  // Redis is slow: the result has everything
    is_dropped_ = true;
}

void live_output::stop() {
    is_over_ = true;
    is_dropped_ = true;
    woken_.set();
}

awaitable<void> live_output::run(std::shared_ptr<live_output> self) {
    while (!is_over_) {
        const auto due = coalescer_.due();
        const auto until = due ? deadline::in(*due - time_.steady()) : deadline::never();
        auto woken = co_await woken_.wait(until);
        woken_.reset();
        if (woken) continue;
        if (!(woken.error() == errc::timeout)) break;
        co_await publish(false);
    }
    if (coalescer_.has_sent() && !is_dropped_) co_await publish(true);
    self->ended_.set();
}

std::int64_t live_output::keep_from(const std::vector<domain::output_piece>& pieces) {
    for (const domain::output_piece& p : pieces) {
        kept_.emplace_back(p.seq, p.data.size());
        kept_bytes_ += p.data.size();
    }
    while (kept_.size() > 1 && (kept_bytes_ > services_.settings.kept_bytes ||
                                kept_.size() > services_.settings.kept_pieces)) {
        kept_bytes_ -= kept_.front().second;
        kept_.pop_front();
    }
    return kept_.front().first;
}

awaitable<void> live_output::publish(bool is_last) {
    output_batch batch;
    batch.pieces = coalescer_.take(time_.steady(), is_last);
    if (batch.pieces.empty()) co_return;
    for (domain::output_piece& p : batch.pieces) {
        p.id = who_.id;
        p.correlation_id = who_.correlation_id;
        p.attempt = who_.attempt;
        p.at = time_.now();
    }
    batch.keep_from = keep_from(batch.pieces);
    auto done = co_await services_.output.publish(std::move(batch));
    (void)done;  // whoever watches sees the gap
}

}  // namespace sluice::execution
