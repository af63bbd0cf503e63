// A program is killed by its slot, so before it has started a cancel is only noted: on_started
// looks again, and nothing is started once it is noted. Who watches is a lease in Redis: when the
// last session says that it goes, or the lease runs out because its node died, a grace begins.
#include "run_control.hpp"

#include <utility>

namespace sluice::execution {

run_control::run_control(
    live_services& services,
    sandbox_runner& sandbox,
    const clock& time,
    const domain::task& task
)
    : services_(services)
    , sandbox_(sandbox)
    , time_(time)
    , id_(task.id)
    , is_interactive_(task.interactive)
    , cancels_on_disconnect_(task.cancel_on_disconnect)
    , cancelled_(services.executor)
    , run_ended_(services.executor)
    , owner_changed_(services.executor) {}

awaitable<void> run_control::open() {
    feed_ = services_.control.open(id_, [this](domain::control_message m) {
        on_message(std::move(m));
    });
    co_await feed_->caught_up();
}

void run_control::on_started(std::size_t slot) {
    if (is_closed_) return;
    slot_ = slot;
    has_started_ = true;
    last_activity_ = time_.steady();
    if (cancelled_.is_set()) return kill();
    for (const domain::control_message& m : std::exchange(early_, {}))
        sandbox_.steer(slot, m);
    if (is_interactive_) services_.gate.spawn("idle limit", watch_idle(shared_from_this()));
}

void run_control::run_ended() {
    slot_.reset();
    run_ended_.set();
}

void run_control::close() {
    if (std::exchange(is_closed_, true)) return;
    run_ended();
    feed_.reset();
    owner_changed_.set();
}

void run_control::kill() {
    if (!slot_) return;
    domain::control_message m;
    m.kind = domain::control_kind::cancel;
    sandbox_.steer(*slot_, m);
}

void run_control::on_message(domain::control_message m) {
    switch (m.kind) {
        case domain::control_kind::cancel:
            cancelled_.set();
            return kill();
        case domain::control_kind::watched:
            return attached(true);
        case domain::control_kind::unwatched:
            return attached(false);
        default:
            break;
    }
    if (!is_interactive_) return;
    last_activity_ = time_.steady();
    if (slot_) {
        sandbox_.steer(*slot_, m);
    } else if (!has_started_) {
        early_.push_back(std::move(m));
    }
}

void run_control::attached(bool is_there) {
    is_attached_ = is_there;
    if (!cancels_on_disconnect_ || is_closed_) return;
    owner_changed_.set();
    if (std::exchange(watches_owner_, true)) return;
    services_.gate.spawn("disconnect", watch_owner(shared_from_this()));
}

awaitable<void> run_control::watch_idle(std::shared_ptr<run_control> self) {
    const auto limit = services_.settings.idle_time;
    while (!self->is_closed_) {
        const auto until = last_activity_ + limit;
        const auto now = time_.steady();
        if (now >= until) {
            is_idle_too_long_ = true;
            kill();
            co_return;
        }
        auto ended = co_await run_ended_.wait(deadline::in(until - now));
        if (ended || !(ended.error() == errc::timeout)) co_return;
    }
}

awaitable<void> run_control::watch_owner(std::shared_ptr<run_control> self) {
    while (!self->is_closed_) {
        owner_changed_.reset();
        deadline until = deadline::in(services_.settings.disconnect_grace);
        if (is_attached_) {
            const auto lease = co_await services_.control.watched_until(id_);
            const auto left = lease ? *lease - time_.now() : std::chrono::milliseconds(0);
            if (left.count() > 0) {
                auto changed = co_await owner_changed_.wait(deadline::in(left));
                if (!changed && !(changed.error() == errc::timeout)) co_return;
                continue;
            }
            // Redis is away: nobody is known to have gone.
            if (!lease) {
                auto changed = co_await owner_changed_.wait(until);
                if (!changed && !(changed.error() == errc::timeout)) co_return;
                continue;
            }
        }
        auto changed = co_await owner_changed_.wait(until);
        if (changed) continue;
        if (!(changed.error() == errc::timeout)) co_return;
        const auto lease = co_await services_.control.watched_until(id_);
        if (!lease || *lease > time_.now()) continue;
        cancelled_.set();
        kill();
        co_return;
    }
}

}  // namespace sluice::execution
