// Everything here runs on the service's one loop, so the map needs no lock. A watch belongs to a
// request; app.cpp ends all requests before it destroys the waiter.
#include "redis_waiter.hpp"

#include "sluice/messages/live.hpp"
#include "sluice/messages/topology.hpp"

#include <algorithm>
#include <functional>
#include <utility>

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
    std::vector<subscription*> members;
};

// One who listens to a channel, for as long as it exists.
class redis_waiter::subscription {
public:
    subscription(redis_waiter& owner, std::string name, std::function<void()> wake)
        : owner_(owner), channel_(owner.join(std::move(name))), wake_(std::move(wake)) {
        channel_->members.push_back(this);
        if (owner_.is_draining_) wake_();
    }
    ~subscription() { owner_.leave(*channel_, *this); }
    subscription(const subscription&) = delete;
    subscription& operator=(const subscription&) = delete;

    awaitable<result<void>> ready() {
        auto answered = co_await channel_->settled.wait(deadline::in(subscribe_limit));
        if (!answered) co_return answered.error();
        if (!channel_->is_subscribed) co_return fail(errc::unavailable, "no subscription");
        co_return result<void>();
    }
    void wake() { wake_(); }

private:
    redis_waiter& owner_;
    std::shared_ptr<channel> channel_;
    std::function<void()> wake_;
};

class redis_waiter::watch_of_channel final : public finish_watch {
public:
    watch_of_channel(redis_waiter& owner, std::string name)
        : owner_(owner)
        , woken_(owner.executor_)
        , subscription_(owner, std::move(name), [this] { woken_.set(); }) {}

    awaitable<result<void>> ready() override { return subscription_.ready(); }
    awaitable<result<void>> next(deadline until) override {
        auto woken = co_await woken_.wait(until);
        if (!woken) co_return woken.error();
        if (owner_.is_draining_) co_return fail(errc::shutting_down);
        woken_.reset();
        co_return result<void>();
    }

private:
    redis_waiter& owner_;
    runtime::event woken_;
    subscription subscription_;
};

class redis_waiter::watch_of_output final : public output_watch {
public:
    watch_of_output(redis_waiter& owner, submission_id id, runtime::event& woken)
        : woken_(woken)
        , output_(owner, messages::keys::output_stream(id), [this] { note(has_output_); })
        , end_(owner, messages::keys::finished_channel(id), [this] { note(has_end_); }) {}

    awaitable<result<void>> ready() override {
        SLUICE_CO_TRY(co_await output_.ready());
        co_return co_await end_.ready();
    }
    bool take_output() override { return std::exchange(has_output_, false); }
    bool take_end() override { return std::exchange(has_end_, false); }

private:
    void note(bool& what) {
        what = true;
        woken_.set();
    }

    runtime::event& woken_;
    bool has_output_ = false;
    bool has_end_ = false;
    subscription output_;
    subscription end_;
};

redis_waiter::redis_waiter(
    asio::any_io_executor executor,
    redis::config c,
    runtime::gate& tasks,
    redis::client& client
)
    : executor_(executor)
    , tasks_(tasks)
    , client_(client)
    , subscriber_(
          executor,
          "submission-finished",
          std::move(c),
          [this](std::string_view name, std::string_view) { on_message(name); },
          [this] { on_gap(); }
      ) {}

redis_waiter::~redis_waiter() = default;

std::unique_ptr<finish_watch> redis_waiter::watch(submission_id id) {
    return std::make_unique<watch_of_channel>(*this, messages::keys::finished_channel(id));
}

std::unique_ptr<output_watch> redis_waiter::watch(submission_id id, runtime::event& woken) {
    return std::make_unique<watch_of_output>(*this, id, woken);
}

awaitable<result<std::vector<domain::output_piece>>>
redis_waiter::read(submission_id id, std::int64_t attempt, std::int64_t seq, std::size_t count) {
    std::vector<std::string> command{
        "XRANGE",
        messages::keys::output_stream(id),
        "(" + std::to_string(attempt) + "-" + std::to_string(seq),
        "+",
        "COUNT",
        std::to_string(count)};
    const auto answer = co_await client_.command(std::move(command));
    if (!answer) co_return answer.error();
    std::vector<domain::output_piece> out;
    for (const redis::reply& entry : answer->items) {
        if (entry.items.size() != 2 || entry.items[1].items.size() < 2) {
            co_return fail(errc::io, "XRANGE: an entry of another shape");
        }
        auto piece = messages::decode_output(entry.items[1].items[1].text);
        if (!piece) co_return piece.error();
        out.push_back(std::move(*piece));
    }
    co_return out;
}

std::shared_ptr<redis_waiter::channel> redis_waiter::join(std::string name) {
    auto& known = channels_[name];
    if (!known) {
        known = std::make_shared<channel>(std::move(name), executor_);
        if (is_draining_ || !tasks_.spawn("subscribe", subscribe(known))) known->settled.set();
    }
    return known;
}

awaitable<void> redis_waiter::subscribe(std::shared_ptr<channel> c) {
    const auto done = co_await subscriber_.subscribe(c->name);
    c->is_subscribed = done.has_value();
    c->settled.set();
}

void redis_waiter::leave(channel& c, subscription& s) {
    std::erase(c.members, &s);
    if (!c.members.empty()) return;
    subscriber_.unsubscribe(c.name);
    channels_.erase(c.name);
}

void redis_waiter::on_message(std::string_view name) {
    const auto found = channels_.find(std::string(name));
    if (found == channels_.end()) return;
    for (subscription* s : found->second->members)
        s->wake();
}

void redis_waiter::on_gap() {
    for (auto& [name, c] : channels_) {
        for (subscription* s : c->members)
            s->wake();
    }
}

void redis_waiter::release_all() {
    is_draining_ = true;
    on_gap();
}

}  // namespace sluice::submission
