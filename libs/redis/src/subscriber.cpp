// A connection in subscribe mode. Theory of operation: `wanted_` is what should be subscribed; each
// new connection subscribes all of it before on_gap is called, so whoever reads the truth then
// misses nothing.
#include "sluice/redis/subscriber.hpp"

#include "link.hpp"

#include "sluice/observe/log.hpp"
#include "sluice/observe/metrics.hpp"
#include "sluice/runtime/backoff.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <set>

namespace sluice::redis {
namespace {

// A server that is silent for two of these is taken for dead: nothing else would show it on a quiet
// channel.
constexpr std::chrono::milliseconds heartbeat{5000};

}  // namespace

struct subscriber::impl : std::enable_shared_from_this<subscriber::impl> {
    impl(
        asio::any_io_executor ex,
        std::string n,
        config c,
        message_handler m,
        std::function<void()> g
    )
        : executor(ex)
        , name(std::move(n))
        , settings(std::move(c))
        , on_message(std::move(m))
        , on_gap(std::move(g))
        , timer(ex)
        , up(ex)
        , closing(ex)
        , gate(std::make_unique<runtime::gate>(ex, log_child_exception)) {
        reconnects = observe::metrics::instance().get_counter(
            "sluice_redis_reconnects_total",
            "Connections made after the first",
            {{"connection", name}}
        );
    }

    // One channel that is or shall be subscribed; `confirmed` is reset with the connection.
    struct channel {
        explicit channel(asio::any_io_executor ex) : changed(std::move(ex)) {}
        runtime::event changed;  // confirmed, or the connection broke
        bool is_confirmed = false;
        error failure;
    };

    awaitable<void> keep_connected(std::shared_ptr<impl> self, target to);
    awaitable<error> serve(std::shared_ptr<link> on);
    void dispatch(const reply& r);
    void lost(const error& why);
    void beat();
    void finish_recovery();

    asio::any_io_executor executor;
    std::string name;
    config settings;
    message_handler on_message;
    std::function<void()> on_gap;
    std::shared_ptr<link> current;
    std::map<std::string, std::shared_ptr<channel>, std::less<>> wanted;
    std::set<std::string, std::less<>> unrecovered;  // channels of before, not yet subscribed again
    bool is_recovering = false;
    asio::steady_timer timer;
    std::chrono::steady_clock::time_point heard_at;
    bool is_started = false;
    bool is_closing = false;
    runtime::event up;
    runtime::event closing;
    error last_failure;
    observe::counter reconnects;
    std::unique_ptr<runtime::gate> gate;
};

awaitable<void> subscriber::impl::keep_connected(std::shared_ptr<impl> self, target to) {
    runtime::backoff delay(runtime::backoff_policy{});
    bool was_connected = false;
    bool is_failing = false;
    while (!is_closing) {
        auto fresh = std::make_shared<link>(executor);
        const auto until = deadline::in(settings.connect_timeout);
        auto connected = co_await fresh->connect(to, name, until);
        if (is_closing) break;
        if (connected) {
            observe::info({}, "redis_connected", {{"connection", name}, {"to", to.to_string()}});
            current = fresh;
            is_failing = false;
            is_recovering = was_connected;
            if (was_connected) reconnects.increment();
            was_connected = true;
            std::vector<std::vector<std::string>> again;
            for (const auto& [channel, state] : wanted) {
                again.push_back({"SUBSCRIBE", channel});
                unrecovered.insert(channel);
            }
            if (!again.empty()) fresh->send(again);
            const auto since = std::chrono::steady_clock::now();
            heard_at = since;
            up.set();
            beat();
            finish_recovery();
            last_failure = co_await serve(fresh);
            lost(last_failure);
            if (is_closing) break;
            observe::warn(
                {},
                "redis_connection_lost",
                {{"connection", name}, {"error", last_failure}}
            );
            if (std::chrono::steady_clock::now() - since > std::chrono::seconds(2)) delay.reset();
        } else {
            last_failure = connected.error();
            if (!is_failing) {
                observe::warn(
                    {},
                    "redis_connect_failed",
                    {{"connection", name}, {"error", last_failure}}
                );
            }
            is_failing = true;
        }
        auto slept = co_await closing.wait(deadline::in(delay.next()));
        if (slept) break;
    }
}

// After a reconnection, once every channel of before is subscribed again.
void subscriber::impl::finish_recovery() {
    if (!is_recovering || !unrecovered.empty()) return;
    is_recovering = false;
    if (on_gap) on_gap();
}

awaitable<error> subscriber::impl::serve(std::shared_ptr<link> on) {
    for (;;) {
        auto answers = co_await on->read();
        if (!answers) co_return answers.error();
        heard_at = std::chrono::steady_clock::now();
        for (const auto& a : *answers) {
            if (!a) co_return a.error();  // only a SUBSCRIBE that an ACL forbids
            dispatch(*a);
        }
    }
}

void subscriber::impl::dispatch(const reply& r) {
    if (r.type != reply::kind::array || r.items.size() < 3) return;  // the answer to PING
    const std::string& kind = r.items[0].text;
    const std::string& name_of = r.items[1].text;
    if (kind == "message") return on_message(name_of, r.items[2].text);
    if (kind != "subscribe") return;
    if (const auto found = wanted.find(name_of); found != wanted.end()) {
        found->second->is_confirmed = true;
        found->second->changed.set();
    }
    unrecovered.erase(name_of);
    finish_recovery();
}

void subscriber::impl::lost(const error& why) {
    current->close(why);
    current.reset();
    up.reset();
    timer.cancel();
    unrecovered.clear();
    for (auto& [channel_name, state] : wanted) {
        if (!state->is_confirmed) {
            // Somebody waits for it in subscribe(); why a server refuses is told to them all.
            state->failure = why;
            state->changed.set();
        }
        state->is_confirmed = false;
    }
}

void subscriber::impl::beat() {
    timer.expires_after(heartbeat);
    timer.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
        auto self = weak.lock();
        if (ec || !self || !self->current) return;
        if (std::chrono::steady_clock::now() - self->heard_at > 2 * heartbeat) {
            return self->current->close(fail(errc::unavailable, "the server is silent"));
        }
        self->current->send({{"PING"}});
        self->beat();
    });
}

subscriber::subscriber(
    asio::any_io_executor executor,
    std::string name,
    config c,
    message_handler on_message,
    std::function<void()> on_gap
)
    : impl_(std::make_shared<impl>(
          std::move(executor),
          std::move(name),
          std::move(c),
          std::move(on_message),
          std::move(on_gap)
      )) {}

subscriber::~subscriber() {
    impl_->is_closing = true;
    impl_->closing.set();
    impl_->timer.cancel();
    // Nobody is there to hear of messages any more.
    impl_->on_message = [](std::string_view, std::string_view) {};
    impl_->on_gap = nullptr;
    if (impl_->current) impl_->current->close(fail(errc::shutting_down, "closed"));
    // Its children end with the loop; a gate must not be destroyed before them.
    if (impl_->gate->count() > 0) static_cast<void>(impl_->gate.release());
}

awaitable<result<void>> subscriber::connect(deadline until) {
    auto self = impl_;
    if (!self->is_started) {
        auto to = parse_url(self->settings.url.value);
        if (!to) co_return to.error();
        self->is_started = true;
        self->gate->spawn("redis subscriber", self->keep_connected(self, std::move(*to)));
    }
    auto waited = co_await self->up.wait(until);
    if (!waited && waited.error() == errc::timeout) {
        co_return self->last_failure.code ? self->last_failure
                                          : fail(errc::unavailable, "not connected");
    }
    co_return waited;
}

bool subscriber::is_connected() const {
    return impl_->current != nullptr;
}

awaitable<result<void>> subscriber::subscribe(std::string channel) {
    auto self = impl_;
    if (!self->current) {
        co_return fail(errc::unavailable, "Redis is away: " + self->last_failure.detail);
    }
    auto& place = self->wanted[channel];
    if (place && place->is_confirmed) co_return result<void>();
    if (!place) {
        place = std::make_shared<impl::channel>(self->executor);
        std::vector<std::vector<std::string>> command{{"SUBSCRIBE", channel}};
        self->current->send(command);
    }
    const auto state = place;
    const auto until = deadline::in(self->settings.command_timeout);
    auto waited = co_await state->changed.wait(until);
    if (waited && !state->failure.code) co_return result<void>();
    // Not kept: the caller hears that it failed and decides.
    if (const auto at = self->wanted.find(channel);
        at != self->wanted.end() && at->second == state) {
        self->wanted.erase(at);
    }
    co_return waited ? state->failure : waited.error();
}

void subscriber::unsubscribe(std::string channel) {
    impl_->wanted.erase(channel);
    if (impl_->unrecovered.erase(channel) > 0) impl_->finish_recovery();
    if (impl_->current) impl_->current->send({{"UNSUBSCRIBE", std::move(channel)}});
}

awaitable<void> subscriber::close() {
    auto self = impl_;
    self->is_closing = true;
    self->closing.set();
    if (self->current) self->current->close(fail(errc::shutting_down, "closed"));
    co_await self->gate->close(std::chrono::milliseconds(0));
}

}  // namespace sluice::redis
