// Theory of operation. Answers come in the order of the commands, so `pending_` is a plain queue,
// and as every command has the same timeout its front is always the next to time out: one timer
// watches the front. An answer that comes too late cannot be told from the next one's, so a timeout
// breaks the connection.
#include "client_core.hpp"

#include "sluice/observe/log.hpp"
#include "sluice/runtime/backoff.hpp"

namespace sluice::redis {
namespace {

// Callers beyond this are refused: Redis is slower than they are.
constexpr std::size_t max_pending = 16384;
constexpr std::size_t max_unsent_bytes = 64 << 20;

}  // namespace

client_core::client_core(asio::any_io_executor executor, std::string name, config c)
    : executor_(executor)
    , name_(std::move(name))
    , config_(std::move(c))
    , timer_(executor)
    , up_(executor)
    , closing_(executor)
    , gate_(std::make_unique<runtime::gate>(executor, log_child_exception)) {
    auto& m = observe::metrics::instance();
    const auto outcome = [&](const char* what) {
        return m.get_counter(
            "sluice_redis_commands_total",
            "Commands sent to Redis by how they ended",
            {{"connection", name_}, {"outcome", what}}
        );
    };
    ok_ = outcome("ok");
    refused_ = outcome("refused");
    timed_out_ = outcome("timeout");
    unavailable_ = outcome("unavailable");
    reconnects_ = m.get_counter(
        "sluice_redis_reconnects_total",
        "Connections made after the first",
        {{"connection", name_}}
    );
}

awaitable<result<void>> client_core::connect(deadline until) {
    auto self = shared_from_this();
    if (!is_started_) {
        auto to = parse_url(config_.url.value);
        if (!to) co_return to.error();
        is_started_ = true;
        gate_->spawn("redis keep_connected", keep_connected(self, std::move(*to)));
    }
    auto waited = co_await up_.wait(until);
    if (!waited && waited.error() == errc::timeout) {
        co_return last_failure_.code ? last_failure_ : fail(errc::unavailable, "not connected");
    }
    co_return waited;
}

awaitable<void> client_core::keep_connected(std::shared_ptr<client_core> self, target to) {
    runtime::backoff delay(runtime::backoff_policy{});
    bool is_failing = false;
    bool was_connected = false;
    while (!is_closing_) {
        auto fresh = std::make_shared<link>(executor_);
        const auto until = deadline::in(config_.connect_timeout);
        auto connected = co_await fresh->connect(to, name_, until);
        if (is_closing_) break;
        if (connected) {
            if (was_connected) reconnects_.increment();
            was_connected = true;
            is_failing = false;
            observe::info({}, "redis_connected", {{"connection", name_}, {"to", to.to_string()}});
            link_ = fresh;
            up_.set();
            const auto since = std::chrono::steady_clock::now();
            last_failure_ = co_await serve(fresh);
            link_.reset();
            up_.reset();
            fresh->close(last_failure_);
            fail_pending(last_failure_);
            if (is_closing_) break;
            observe::warn(
                {},
                "redis_connection_lost",
                {{"connection", name_}, {"error", last_failure_}}
            );
            if (std::chrono::steady_clock::now() - since > std::chrono::seconds(2)) delay.reset();
        } else {
            last_failure_ = connected.error();
            if (!is_failing) {
                observe::warn(
                    {},
                    "redis_connect_failed",
                    {{"connection", name_}, {"error", last_failure_}}
                );
            }
            is_failing = true;
        }
        auto slept = co_await closing_.wait(deadline::in(delay.next()));
        if (slept) break;
    }
}

awaitable<error> client_core::serve(std::shared_ptr<link> on) {
    for (;;) {
        auto answers = co_await on->read();
        if (!answers) co_return answers.error();
        for (auto& a : *answers) {
            if (pending_.empty()) co_return fail(errc::io, "an answer to no command");
            answer(std::move(a));
        }
    }
}

void client_core::answer(result<reply> a) {
    auto& front = *pending_.front();
    front.answers.push_back(std::move(a));
    if (front.answers.size() < front.expected) return;
    front.done.set();
    pending_.pop_front();
}

// What was answered stays answered; the rest may or may not have run.
void client_core::fail_pending(const error& why) {
    const bool is_timeout = why == errc::timeout;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        auto& o = *pending_[i];
        // Only the front one is late; the others lose their connection by it.
        const bool is_late = is_timeout && i == 0;
        const error e = is_late || why == errc::shutting_down
                            ? why
                            : fail(errc::unavailable, "the connection broke: " + why.detail);
        while (o.answers.size() < o.expected)
            o.answers.push_back(e);
        o.done.set();
    }
    pending_.clear();
}

void client_core::watch_front() {
    if (is_timer_armed_ || pending_.empty()) return;
    is_timer_armed_ = true;
    timer_.expires_at(pending_.front()->until.at());
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
        auto self = weak.lock();
        if (ec || !self) return;
        self->is_timer_armed_ = false;
        if (self->pending_.empty()) return;
        if (self->link_ && self->pending_.front()->until.has_passed()) {
            return self->link_->close(fail(errc::timeout, "no answer within command_timeout"));
        }
        self->watch_front();
    });
}

void client_core::count(const std::vector<result<reply>>& answers) {
    for (const auto& a : answers) {
        if (a) {
            ok_.increment();
        } else if (a.error() == errc::refused) {
            refused_.increment();
        } else if (a.error() == errc::timeout) {
            timed_out_.increment();
        } else {
            unavailable_.increment();
        }
    }
}

awaitable<std::vector<result<reply>>> client_core::run(
    std::vector<std::vector<std::string>> commands
) {
    auto self = shared_from_this();
    std::optional<error> refusal;
    if (is_closing_) {
        refusal = fail(errc::shutting_down, "the client is closed");
    } else if (!link_) {
        refusal = fail(errc::unavailable, "Redis is away: " + last_failure_.detail);
    } else if (pending_.size() >= max_pending || link_->unsent() > max_unsent_bytes) {
        refusal = fail(errc::overloaded, "too many commands wait for Redis");
    }
    if (refusal || commands.empty()) {
        std::vector<result<reply>> none;
        for (std::size_t i = 0; i < commands.size(); ++i)
            none.push_back(*refusal);
        count(none);
        co_return none;
    }
    const auto until = deadline::in(config_.command_timeout);
    auto o = std::make_shared<operation>(executor_, commands.size(), until);
    pending_.push_back(o);
    link_->send(commands);
    watch_front();
    auto waited = co_await o->done.wait();
    if (!waited) {
        std::vector<result<reply>> none(commands.size(), waited.error());
        co_return none;
    }
    count(o->answers);
    co_return std::move(o->answers);
}

awaitable<void> client_core::close() {
    auto self = shared_from_this();
    is_closing_ = true;
    closing_.set();
    if (link_) link_->close(fail(errc::shutting_down, "the client is closed"));
    co_await gate_->close(std::chrono::milliseconds(0));
    timer_.cancel();
}

void client_core::abandon() {
    is_closing_ = true;
    closing_.set();
    timer_.cancel();
    if (link_) link_->close(fail(errc::shutting_down, "the client is closed"));
    // Its children end with the loop; a gate must not be destroyed before them.
    if (gate_->count() > 0) static_cast<void>(gate_.release());
}

}  // namespace sluice::redis
