// The executor's side of a publisher: hands requests to the connection's thread and waits, bounded,
// for their end.
#include "sluice/amqp/publisher.hpp"

#include "publisher_role.hpp"

namespace sluice::amqp {

struct publisher::impl {
    impl(asio::any_io_executor executor, std::string name, config c, topology t)
        : role(executor), connection(executor, name, std::move(c), std::move(t), role) {
        auto& m = observe::metrics::instance();
        const auto outcome = [&](const char* what) {
            return m.get_counter(
                "sluice_amqp_published_total",
                "Confirmed publishes by how they ended",
                {{"connection", name}, {"outcome", what}}
            );
        };
        confirmed = outcome("confirmed");
        refused = outcome("refused");
        timed_out = outcome("timeout");
        unavailable = outcome("unavailable");
        dropped = m.get_counter(
            "sluice_amqp_transient_dropped_total",
            "Transient messages that were dropped",
            {{"connection", name}}
        );
    }

    awaitable<result<operation_ptr>> run(request r, deadline until);
    void count(const result<operation_ptr>& r);

    publisher_role role;
    observe::counter confirmed, refused, timed_out, unavailable, dropped;
    owner connection;  // last: its thread uses the rest
};

awaitable<result<operation_ptr>> publisher::impl::run(request r, deadline until) {
    auto op = std::make_shared<operation>(connection.executor());
    r.waiting = op;
    bool must_wake = false;
    SLUICE_CO_TRY(role.hand_over(std::move(r), must_wake));
    if (must_wake) connection.wake();
    auto waited = co_await op->done.wait(until);
    if (!waited) {
        op->is_abandoned = true;
        co_return waited.error() == errc::timeout
            ? fail(errc::timeout, "no answer of RabbitMQ in time")
            : waited.error();
    }
    if (op->outcome.code) co_return op->outcome;
    co_return op;
}

void publisher::impl::count(const result<operation_ptr>& r) {
    if (r) {
        confirmed.increment();
    } else if (r.error() == errc::refused) {
        refused.increment();
    } else if (r.error() == errc::timeout) {
        timed_out.increment();
    } else {
        unavailable.increment();
    }
}

publisher::publisher(asio::any_io_executor executor, std::string name, config c, topology t)
    : impl_(std::make_shared<impl>(std::move(executor), std::move(name), std::move(c), std::move(t))
      ) {}

publisher::~publisher() = default;

awaitable<result<void>> publisher::connect(deadline until) {
    return impl_->connection.connect(until);
}

bool publisher::is_connected() const {
    return impl_->connection.is_connected();
}

awaitable<result<void>> publisher::publish(std::string queue, message m, deadline until) {
    auto self = impl_;
    request r;
    r.queue = std::move(queue);
    r.content = std::move(m);
    auto ended = co_await self->run(std::move(r), until);
    self->count(ended);
    if (!ended) co_return ended.error();
    co_return result<void>();
}

void publisher::publish_transient(std::string queue, message m) {
    request r;
    r.type = request::kind::transient;
    r.queue = std::move(queue);
    r.content = std::move(m);
    r.content.is_persistent = false;
    bool must_wake = false;
    if (!impl_->role.hand_over(std::move(r), must_wake)) return impl_->dropped.increment();
    if (must_wake) impl_->connection.wake();
}

awaitable<result<std::uint32_t>> publisher::depth(std::string queue, deadline until) {
    auto self = impl_;
    request r;
    r.type = request::kind::depth;
    r.queue = std::move(queue);
    auto ended = co_await self->run(std::move(r), until);
    if (!ended) co_return ended.error();
    co_return (*ended)->depth;
}

awaitable<void> publisher::close() {
    auto self = impl_;
    co_await self->connection.close(std::chrono::seconds(5));
}

}  // namespace sluice::amqp
