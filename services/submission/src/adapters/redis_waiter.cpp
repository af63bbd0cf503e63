// Everything here runs on the service's one loop, so the map needs no lock. A watch belongs to a
// request; app.cpp ends all requests before it destroys the waiter.
#include "redis_waiter.hpp"

#include "sluice/messages/topology.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

constexpr std::chrono::seconds subscribe_limit{1};

}  // namespace

struct redis_waiter::channel {
    channel(std::string n, asio::any_io_executor executor)
        : name(std::move(n)), settled(std::move(executor)) {}

    std::string name;
    runtime::event settled;  // the server answered the subscription, or there is no server
    bool is_subscribed = false;
    std::vector<watch_of_channel*> watches;
};

class redis_waiter::watch_of_channel final : public finish_watch {
public:
    watch_of_channel(redis_waiter& owner, std::shared_ptr<channel> c)
        : owner_(owner), channel_(std::move(c)), woken_(owner.executor_) {
        channel_->watches.push_back(this);
        if (owner_.is_draining_) woken_.set();
    }
    ~watch_of_channel() override { owner_.leave(*channel_, *this); }

    awaitable<result<void>> ready() override {
        auto answered = co_await channel_->settled.wait(deadline::in(subscribe_limit));
        if (!answered) co_return answered.error();
        if (!channel_->is_subscribed) co_return fail(errc::unavailable, "no subscription");
        co_return result<void>();
    }
    awaitable<result<void>> next(deadline until) override {
        auto woken = co_await woken_.wait(until);
        if (!woken) co_return woken.error();
        if (owner_.is_draining_) co_return fail(errc::shutting_down);
        woken_.reset();
        co_return result<void>();
    }
    void wake() { woken_.set(); }

private:
    redis_waiter& owner_;
    std::shared_ptr<channel> channel_;
    runtime::event woken_;
};

redis_waiter::redis_waiter(asio::any_io_executor executor, redis::config c, runtime::gate& tasks)
    : executor_(executor)
    , tasks_(tasks)
    , subscriber_(
          executor,
          "submission-finished",
          std::move(c),
          [this](std::string_view name, std::string_view) { on_message(name); },
          [this] { on_gap(); }
      ) {}

redis_waiter::~redis_waiter() = default;

std::unique_ptr<finish_watch> redis_waiter::watch(submission_id id) {
    std::string name = messages::keys::finished_channel(id);
    auto& known = channels_[name];
    if (!known) {
        known = std::make_shared<channel>(std::move(name), executor_);
        if (is_draining_ || !tasks_.spawn("subscribe", subscribe(known))) known->settled.set();
    }
    return std::make_unique<watch_of_channel>(*this, known);
}

awaitable<void> redis_waiter::subscribe(std::shared_ptr<channel> c) {
    const auto done = co_await subscriber_.subscribe(c->name);
    c->is_subscribed = done.has_value();
    c->settled.set();
}

void redis_waiter::leave(channel& c, watch_of_channel& w) {
    std::erase(c.watches, &w);
    if (!c.watches.empty()) return;
    subscriber_.unsubscribe(c.name);
    channels_.erase(c.name);
}

void redis_waiter::on_message(std::string_view name) {
    const auto found = channels_.find(std::string(name));
    if (found == channels_.end()) return;
    for (watch_of_channel* w : found->second->watches)
        w->wake();
}

void redis_waiter::on_gap() {
    for (auto& [name, c] : channels_) {
        for (watch_of_channel* w : c->watches)
            w->wake();
    }
}

void redis_waiter::release_all() {
    is_draining_ = true;
    on_gap();
}

}  // namespace sluice::submission
