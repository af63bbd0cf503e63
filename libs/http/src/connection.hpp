// The half of a connection that knows nothing of HTTP: a stream, plain or TLS, with one deadline
// for the present step, a buffer for what was read, and an end that does not take an answer away
// from the client. session.cpp tells what is said over it.
#pragma once

#include "sluice/http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <memory>

namespace sluice::http {

using tls_stream = asio::ssl::stream<asio::ip::tcp::socket>;

// How a read ended when it did not end well.
enum class read_outcome { ok, gone, late, too_large, malformed };

template <class Stream>
class connection : public std::enable_shared_from_this<connection<Stream>> {
protected:
    using tcp = asio::ip::tcp;
    using steady = std::chrono::steady_clock;
    static constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
    static constexpr std::size_t first_read = 4096;
    static constexpr std::chrono::seconds linger_time{2};

    connection(const server_config& config, Stream stream, std::size_t buffer_size)
        : config_(config)
        , stream_(std::move(stream))
        , timer_(stream_.get_executor())
        , buffer_(buffer_size) {
        boost::system::error_code none;
        lowest().set_option(tcp::no_delay(true), none);
    }
    ~connection() = default;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    tcp::socket& lowest() {
        if constexpr (std::is_same_v<Stream, tls_stream>) {
            return stream_.next_layer();
        } else {
            return stream_;
        }
    }
    void cut() {
        boost::system::error_code none;
        lowest().cancel(none);
        was_cut_ = true;
    }

    std::string peer_address() {
        boost::system::error_code none;
        const auto endpoint = lowest().remote_endpoint(none);
        if (none) return {};
        const auto address = endpoint.address();
        if (address.is_v6() && address.to_v6().is_v4_mapped()) {
            return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
        }
        return address.to_string();
    }

    // ---- deadlines ----

    void set_deadline(std::chrono::milliseconds from_now) {
        deadline_ = steady::now() + from_now;
        is_late_ = false;
        was_cut_ = false;  // what was cut was the step before
        if (timer_at_ > deadline_) arm();
    }
    void clear_deadline() { deadline_ = steady::time_point::max(); }
    void arm() {
        timer_at_ = deadline_;
        timer_.expires_at(deadline_);
        timer_.async_wait([weak = this->weak_from_this()](boost::system::error_code failed) {
            if (failed) return;
            if (const auto self = weak.lock()) self->on_timer();
        });
    }
    void on_timer() {
        timer_at_ = steady::time_point::max();
        if (deadline_ == steady::time_point::max()) return;
        if (steady::now() < deadline_) return arm();
        is_late_ = true;
        cut();
    }

    // ---- reading and writing ----

    awaitable<read_outcome> read_some(std::size_t at_most) {
        if (was_cut_) co_return is_late_ ? read_outcome::late : read_outcome::gone;
        const std::size_t room = std::min(at_most, buffer_.max_size() - buffer_.size());
        const auto space = buffer_.prepare(std::max<std::size_t>(room, 1));
        const auto [failed, size] = co_await stream_.async_read_some(space, as_tuple);
        if (!failed) {
            buffer_.commit(size);
            co_return read_outcome::ok;
        }
        co_return is_late_ ? read_outcome::late : read_outcome::gone;
    }

    awaitable<bool> send(std::string bytes) {
        set_deadline(config_.write_timeout);
        const auto [failed, size] =
            co_await asio::async_write(stream_, asio::buffer(bytes), as_tuple);
        clear_deadline();
        co_return !failed;
    }

    // ---- beginning and end ----

    awaitable<bool> handshake() {
        if constexpr (std::is_same_v<Stream, tls_stream>) {
            set_deadline(config_.header_timeout);
            const auto [failed] =
                co_await stream_.async_handshake(asio::ssl::stream_base::server, as_tuple);
            co_return !failed;
        } else {
            co_return true;
        }
    }

    awaitable<void> finish() {
        set_deadline(linger_time);
        if constexpr (std::is_same_v<Stream, tls_stream>) {
            const auto [none] = co_await stream_.async_shutdown(as_tuple);
            (void)none;  // a peer that does not answer the farewell is gone as well
        }
        boost::system::error_code none;
        lowest().shutdown(tcp::socket::shutdown_send, none);
        if (lingers_) co_await linger();
        lowest().close(none);
    }

    awaitable<void> linger() {
        std::size_t total = 0;
        while (total < linger_bytes_ && !was_cut_) {
            buffer_.clear();
            const auto [failed, size] =
                co_await lowest().async_read_some(buffer_.prepare(first_read), as_tuple);
            if (failed) co_return;
            total += size;
        }
    }

    const server_config& config_;
    Stream stream_;
    asio::steady_timer timer_;
    steady::time_point timer_at_ = steady::time_point::max();
    steady::time_point deadline_ = steady::time_point::max();
    boost::beast::flat_buffer buffer_;
    bool is_late_ = false;
    bool was_cut_ = false;
    bool lingers_ = false;
    std::size_t linger_bytes_ = std::size_t{1} << 20;  // read and dropped before the end, at most
};

}  // namespace sluice::http
