// The executor's side of a consumer: what has arrived, what is handed out, and the rule that no
// more than `prefetch` + `reserve` are out at once, counting also those of a lost connection that
// are still being worked on.
#include "sluice/amqp/consumer.hpp"

#include "consumer_role.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/runtime/event.hpp"

#include <deque>

namespace sluice::amqp {
namespace {

// Without acks the broker sends as fast as it can; the oldest make room.
constexpr std::size_t max_unacked_arrivals = 4096;

}  // namespace

struct consumer::impl : std::enable_shared_from_this<consumer::impl> {
    impl(asio::any_io_executor executor, std::string name, config c, topology t, consume_options o)
        : options(o)
        , changed(executor)
        , quiet(executor)
        , role(executor, o)
        , connection(executor, name, std::move(c), std::move(t), role) {
        SLUICE_ASSERT(o.prefetch > 0);
        auto& m = observe::metrics::instance();
        delivered_total = m.get_counter(
            "sluice_amqp_delivered_total",
            "Messages that arrived",
            {{"connection", name}}
        );
        dropped = m.get_counter(
            "sluice_amqp_transient_dropped_total",
            "Transient messages that were dropped",
            {{"connection", name}}
        );
    }

    // After construction, because the thread's posts may outlive the consumer.
    void listen();
    void on_delivered(std::vector<delivery> batch);
    void on_lost(std::uint64_t number);
    std::optional<delivery> take();
    void settle(delivery_tag tag, settlement::kind how);
    void give_back_arrivals();
    void set_consuming(bool is_wanted);

    consume_options options;
    std::deque<delivery> arrivals;  // at most prefetch + reserve (or max_unacked_arrivals)
    std::set<std::pair<std::uint64_t, std::uint64_t>> handed_out;
    bool is_refusing = false;  // paused or stopped: what still comes goes back
    bool is_stopped = false;
    runtime::event changed;
    runtime::event quiet;  // the subscription has ended
    observe::counter delivered_total;
    observe::counter dropped;
    consumer_role role;
    owner connection;  // last: its thread uses the rest
};

void consumer::impl::listen() {
    const std::weak_ptr<impl> weak = weak_from_this();
    consumer_role::listener l;
    l.delivered = [weak](std::vector<delivery> batch) {
        if (auto self = weak.lock()) self->on_delivered(std::move(batch));
    };
    l.lost = [weak](std::uint64_t number) {
        if (auto self = weak.lock()) self->on_lost(number);
    };
    l.cancelled = [weak] {
        if (auto self = weak.lock()) self->quiet.set();
    };
    role.listen(std::move(l));
}

void consumer::impl::on_delivered(std::vector<delivery> batch) {
    delivered_total.increment(static_cast<double>(batch.size()));
    for (auto& d : batch)
        arrivals.push_back(std::move(d));
    if (is_refusing) return give_back_arrivals();
    while (options.auto_ack && arrivals.size() > max_unacked_arrivals) {
        arrivals.pop_front();
        dropped.increment();
    }
    changed.set();
}

void consumer::impl::on_lost(std::uint64_t number) {
    // They come again; those of auto_ack do not, and are kept.
    if (!options.auto_ack) {
        std::erase_if(arrivals, [&](const delivery& d) { return d.tag.connection == number; });
    }
    quiet.set();
}

std::optional<delivery> consumer::impl::take() {
    if (arrivals.empty()) return std::nullopt;
    const std::size_t bound = std::size_t{options.prefetch} + options.reserve;
    if (!options.auto_ack && handed_out.size() >= bound) return std::nullopt;
    delivery d = std::move(arrivals.front());
    arrivals.pop_front();
    if (!options.auto_ack) handed_out.insert({d.tag.connection, d.tag.tag});
    return d;
}

void consumer::impl::settle(delivery_tag tag, settlement::kind how) {
    if (handed_out.erase({tag.connection, tag.tag}) == 0) return;  // settled before, or auto_ack
    if (role.settle({tag, how})) connection.wake();
    changed.set();  // there is room for another
}

void consumer::impl::give_back_arrivals() {
    bool must_wake = false;
    if (!options.auto_ack) {
        for (const auto& d : arrivals) {
            must_wake |= role.settle({d.tag, settlement::kind::requeue});
        }
    }
    arrivals.clear();
    if (must_wake) connection.wake();
}

void consumer::impl::set_consuming(bool is_wanted) {
    is_refusing = !is_wanted;
    if (!is_wanted) quiet.reset();
    // The wish is handed over before what is given back, so that the broker hears of it first.
    if (role.want(is_wanted)) connection.wake();
    if (!is_wanted) give_back_arrivals();
}

consumer::consumer(
    asio::any_io_executor executor,
    std::string name,
    config c,
    topology t,
    consume_options o
)
    : impl_(std::make_shared<
            impl>(std::move(executor), std::move(name), std::move(c), std::move(t), std::move(o))) {
    impl_->listen();
}

consumer::~consumer() = default;

awaitable<result<void>> consumer::connect(deadline until) {
    return impl_->connection.connect(until);
}

bool consumer::is_connected() const {
    return impl_->connection.is_connected();
}

awaitable<result<delivery>> consumer::receive() {
    auto self = impl_;
    for (;;) {
        if (self->is_stopped) co_return fail(errc::shutting_down, "the consumer is stopped");
        if (auto d = self->take()) co_return std::move(*d);
        self->changed.reset();
        auto waited = co_await self->changed.wait();
        if (!waited) co_return waited.error();
    }
}

std::optional<delivery> consumer::try_receive() {
    return impl_->is_stopped ? std::nullopt : impl_->take();
}

void consumer::ack(delivery_tag tag) {
    impl_->settle(tag, settlement::kind::ack);
}

void consumer::nack(delivery_tag tag, bool requeue) {
    impl_->settle(tag, requeue ? settlement::kind::requeue : settlement::kind::dead);
}

void consumer::pause() {
    if (!impl_->is_refusing) impl_->set_consuming(false);
}

void consumer::resume() {
    if (impl_->is_refusing && !impl_->is_stopped) impl_->set_consuming(true);
}

void consumer::set_prefetch(std::uint16_t prefetch) {
    SLUICE_ASSERT(prefetch > 0);
    if (impl_->options.prefetch == prefetch || impl_->is_stopped) return;
    impl_->options.prefetch = prefetch;
    if (impl_->role.set_prefetch(prefetch)) impl_->connection.wake();
    if (!impl_->is_refusing) impl_->give_back_arrivals();
    impl_->changed.set();  // there may be room for another
}

void consumer::set_reserve(std::uint16_t reserve) {
    if (impl_->options.reserve == reserve || impl_->is_stopped) return;
    impl_->options.reserve = reserve;
    if (impl_->role.set_reserve(reserve)) impl_->connection.wake();
    impl_->changed.set();  // there may be room for another
}

awaitable<void> consumer::stop() {
    auto self = impl_;
    const bool was_paused = self->is_refusing;
    self->is_stopped = true;
    self->changed.set();
    if (!was_paused) self->set_consuming(false);
    if (!self->connection.is_connected()) co_return;
    // Bounded: a broker that does not answer loses the connection soon, and everything goes back by
    // that.
    auto ended = co_await self->quiet.wait(deadline::in(std::chrono::seconds(5)));
    (void)ended;
}

awaitable<void> consumer::close() {
    auto self = impl_;
    self->is_stopped = true;
    self->changed.set();
    co_await self->connection.close(std::chrono::seconds(2));
}

}  // namespace sluice::amqp
