// Theory of operation. `live_` counts connections that are up, idle or leased. A connection that
// breaks is dropped where that is noticed (give_back, or the watch on idle ones) and `missing_`
// wakes keep_connected, the only coroutine that opens connections: one at a time, with backoff
// while the server is away. While live_ is zero, acquire() fails at once, so that a request never
// waits for a server that is known to be gone.
#include "pool_core.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/backoff.hpp"

namespace sluice::postgres {
namespace {

constexpr std::chrono::milliseconds close_grace{1000};

void log_child_exception(const std::string& child, std::exception_ptr thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        observe::error({}, "postgres_task_failed", {{"task", child}, {"message", e.what()}});
    }
}

}  // namespace

void lease::release() {
    if (connection_) pool_->give_back(std::exchange(connection_, nullptr));
}

// A place in the queue of waiters that is left however the wait ends; what was served by then goes
// back.
class pool_core::queue_place {
public:
    queue_place(pool_core& pool, waiter& w) : pool_(pool), waiter_(w) {
        pool_.waiters_.push_back(&waiter_);
    }
    ~queue_place() {
        pool_.waiters_.remove(&waiter_);
        if (waiter_.served) pool_.give_back(std::move(waiter_.served));
    }
    queue_place(const queue_place&) = delete;
    queue_place& operator=(const queue_place&) = delete;

private:
    pool_core& pool_;
    waiter& waiter_;
};

pool_core::pool_core(asio::any_io_executor executor, std::string name, config c)
    : executor_(executor)
    , name_(std::move(name))
    , config_(std::move(c))
    , up_(executor)
    , missing_(executor)
    , closing_(executor)
    , gate_(std::make_unique<runtime::gate>(executor, log_child_exception)) {
    auto& m = observe::metrics::instance();
    query_seconds_ = m.get_histogram(
        "sluice_postgres_query_seconds",
        "Time of one SQL statement, without the wait for a connection",
        observe::seconds_buckets(),
        {{"pool", name_}}
    );
    const auto gauge = [&](const char* state) {
        return m.get_gauge(
            "sluice_postgres_connections",
            "Connections of a pool by what they do",
            {{"pool", name_}, {"state", state}}
        );
    };
    idle_gauge_ = gauge("idle");
    busy_gauge_ = gauge("busy");
    missing_gauge_ = gauge("missing");
    count();
}

void pool_core::count() {
    const auto size = static_cast<std::size_t>(config_.pool_size);
    idle_gauge_.set(static_cast<double>(idle_.size()));
    busy_gauge_.set(static_cast<double>(live_ - idle_.size()));
    missing_gauge_.set(static_cast<double>(size - live_));
}

awaitable<result<void>> pool_core::connect(deadline until) {
    if (!is_started_) {
        is_started_ = true;
        missing_.set();
        gate_->spawn("postgres keep_connected", keep_connected(shared_from_this()));
    }
    auto waited = co_await up_.wait(until);
    if (!waited && waited.error() == errc::timeout) {
        co_return last_failure_.code ? last_failure_ : fail(errc::unavailable, "not connected");
    }
    co_return waited;
}

// `self` keeps the pool for as long as this runs, also when the owner went away without close().
awaitable<void> pool_core::keep_connected(std::shared_ptr<pool_core> self) {
    runtime::backoff delay(runtime::backoff_policy{});
    bool is_failing = false;
    while (!is_closing_) {
        auto woken = co_await missing_.wait();
        if (is_closing_ || !woken) break;
        auto fresh = std::make_shared<connection>(executor_, name_, config_);
        auto connected = co_await fresh->connect();
        if (is_closing_) break;
        if (connected) {
            delay.reset();
            is_failing = false;
            ++live_;
            if (live_ >= static_cast<std::size_t>(config_.pool_size)) missing_.reset();
            if (!up_.is_set()) observe::info({}, "postgres_connected", {{"pool", name_}});
            up_.set();
            offer(std::move(fresh));
            continue;
        }
        last_failure_ = connected.error();
        if (!is_failing) {
            observe::warn(
                {},
                "postgres_connect_failed",
                {{"pool", name_}, {"error", last_failure_}}
            );
        }
        is_failing = true;
        auto slept = co_await closing_.wait(deadline::in(delay.next()));
        if (slept) break;
    }
}

// To whoever waits longest, or to the idle ones.
void pool_core::offer(std::shared_ptr<connection> c) {
    if (is_closing_) {
        --live_;
        return;
    }
    if (!waiters_.empty()) {
        waiter* next = waiters_.front();
        waiters_.pop_front();
        next->served = std::move(c);
        next->ready.set();
        return count();
    }
    const connection* key = c.get();
    c->watch_idle([weak = weak_from_this(), key] {
        if (auto self = weak.lock()) self->drop_idle(key);
    });
    idle_.push_back(std::move(c));
    count();
}

void pool_core::drop_idle(const connection* c) {
    if (std::erase_if(idle_, [&](const auto& i) { return i.get() == c; }) > 0) {
        lost("the server closed an idle connection");
    }
}

void pool_core::lost(const std::string& why) {
    SLUICE_ASSERT(live_ > 0);
    --live_;
    count();
    if (is_closing_) return;
    missing_.set();
    observe::warn(
        {},
        "postgres_connection_lost",
        {{"pool", name_}, {"reason", why}, {"left", live_}}
    );
    if (live_ == 0) {
        up_.reset();
        fail_waiters();
    }
}

void pool_core::fail_waiters() {
    for (waiter* w : waiters_)
        w->ready.set();
    waiters_.clear();
}

awaitable<result<lease>> pool_core::acquire() {
    if (is_closing_) co_return fail(errc::shutting_down, "the pool is closed");
    if (live_ == 0) {
        co_return fail(errc::unavailable, "PostgreSQL is away: " + last_failure_.detail);
    }
    auto self = shared_from_this();
    // The last idle one, unless somebody waits already (then none is idle).
    while (!idle_.empty()) {
        auto c = std::move(idle_.back());
        idle_.pop_back();
        c->stop_watching();
        if (c->is_usable()) {
            count();
            co_return lease(std::move(self), std::move(c));
        }
        lost("an idle connection broke");
        if (live_ == 0) co_return fail(errc::unavailable, "PostgreSQL is away");
    }
    waiter me(executor_);
    const queue_place place(*self, me);
    auto waited = co_await me.ready.wait(deadline::in(config_.acquire_timeout));
    if (me.served) co_return lease(std::move(self), std::exchange(me.served, nullptr));
    if (!waited && waited.error() == errc::timeout) {
        co_return fail(errc::timeout, "no free connection within acquire_timeout");
    }
    if (!waited) co_return waited.error();
    co_return fail(is_closing_ ? errc::shutting_down : errc::unavailable, "the server went away");
}

awaitable<result<rows>>
pool_core::run(lease& on, std::string sql, std::vector<param> params, bool begin) {
    if (!on->is_usable()) co_return fail(errc::unavailable, "the connection broke");
    const auto start = std::chrono::steady_clock::now();
    auto answer = co_await on->run(std::move(sql), std::move(params), begin);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    query_seconds_.observe(took.count());
    co_return answer;
}

void pool_core::give_back(std::shared_ptr<connection> c) {
    if (!c->is_usable()) return lost("broken, or left in the middle of an answer");
    if (!c->is_in_transaction()) return offer(std::move(c));
    // Still counted as busy until the rollback is done.
    if (is_closing_ || !gate_->spawn("postgres roll_back", roll_back(shared_from_this(), c))) {
        lost("closed within a transaction");
    }
}

awaitable<void>
pool_core::roll_back(std::shared_ptr<pool_core> self, std::shared_ptr<connection> c) {
    const lease held(std::move(self), c);  // a cancelled rollback gives it back as broken
    auto done = co_await c->run("ROLLBACK", {}, false);
    if (!done) observe::warn({}, "postgres_rollback_failed", {{"error", done.error()}});
}

awaitable<void> pool_core::close() {
    auto self = shared_from_this();
    is_closing_ = true;
    closing_.set();
    missing_.set();
    fail_waiters();
    co_await gate_->close(close_grace);
    live_ -= idle_.size();
    idle_.clear();
    count();
}

void pool_core::abandon() {
    is_closing_ = true;
    closing_.set();
    missing_.set();
    fail_waiters();
    idle_.clear();
    // Its children end with the loop; a gate must not be destroyed before them.
    if (gate_->count() > 0) static_cast<void>(gate_.release());
}

}  // namespace sluice::postgres
