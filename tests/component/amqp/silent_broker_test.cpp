// A broker that stays connected and says nothing any more: the deadline of a publish and the
// heartbeat are all that notices. Between client and broker stands a relay that can swallow what
// passes.
#include "support.hpp"

#include "sluice/runtime/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace sluice::amqp {
namespace {

using asio::ip::tcp;

class relay {
public:
    relay(asio::io_context& io, int upstream_port)
        : upstream_(asio::ip::address_v4::loopback(), static_cast<unsigned short>(upstream_port))
        , acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0))
        , children_(io.get_executor(), [](const std::string&, std::exception_ptr) {}) {
        children_.spawn("accept", accept());
    }
    int port() const { return acceptor_.local_endpoint().port(); }
    void swallow(bool is_swallowing) { is_swallowing_ = is_swallowing; }
    awaitable<void> close() {
        acceptor_.close();
        co_await children_.close(std::chrono::milliseconds(0));
    }

private:
    using socket_ptr = std::shared_ptr<tcp::socket>;

    awaitable<void> accept() {
        for (;;) {
            auto client =
                std::make_shared<tcp::socket>(co_await acceptor_.async_accept(asio::use_awaitable));
            auto broker = std::make_shared<tcp::socket>(client->get_executor());
            co_await broker->async_connect(upstream_, asio::use_awaitable);
            children_.spawn("up", pump(client, broker));
            children_.spawn("down", pump(broker, client));
        }
    }
    awaitable<void> pump(socket_ptr from, socket_ptr to) {
        std::array<char, 16384> buffer;
        for (;;) {
            auto [ec, size] = co_await from->async_read_some(
                asio::buffer(buffer),
                asio::as_tuple(asio::use_awaitable)
            );
            boost::system::error_code ignored;
            if (ec) {
                to->shutdown(tcp::socket::shutdown_both, ignored);
                co_return;
            }
            if (is_swallowing_) continue;
            co_await asio::async_write(*to, asio::buffer(buffer, size), asio::use_awaitable);
        }
    }

    tcp::endpoint upstream_;
    tcp::acceptor acceptor_;
    bool is_swallowing_ = false;
    runtime::gate children_;
};

TEST_CASE(
    "a confirm that never comes is a timeout, and a silent broker is left for a new connection"
) {
    asio::io_context io;
    relay between(io, server().port());
    config c;
    c.url.value = "amqp://guest:guest@127.0.0.1:" + std::to_string(between.port()) + "/";
    c.heartbeat = std::chrono::seconds(1);
    c.connect_timeout = std::chrono::seconds(2);
    const std::string queue = fresh_name();
    topology t;
    t.queues.push_back(quorum_queue(queue));
    publisher p(io.get_executor(), "test-silent", c, t);
    const auto whole = [&]() -> awaitable<void> {
        need(co_await p.connect(soon()));
        need(co_await p.publish(queue, text("heard"), soon()));
        between.swallow(true);
        auto unheard = co_await p.publish(
            queue,
            text("unheard"),
            deadline::in(std::chrono::milliseconds(100))
        );
        REQUIRE(unheard.has_error());
        CHECK(unheard.error() == errc::timeout);
        // Waits far longer than two heartbeats: the loss of the connection ends it.
        const auto start = std::chrono::steady_clock::now();
        auto lost = co_await p.publish(queue, text("lost"), soon());
        REQUIRE(lost.has_error());
        CHECK(lost.error() == errc::unavailable);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(8));
        between.swallow(false);
        need(co_await p.connect(soon()));
        need(co_await p.publish(queue, text("heard again"), soon()));
        co_await p.close();
        co_await between.close();
    };
    testing::run_coro(io, whole, std::chrono::seconds(40));
}

}  // namespace
}  // namespace sluice::amqp
