// One open WebSocket. Theory of operation: reading belongs to the session, which calls receive();
// writing belongs to one writer coroutine, which exists only while there is something to send,
// because an idle connection should cost little memory. close() is a message like the others, the
// last one. Whoever starts to close also starts a clock: when it runs out, the socket is dropped
// whatever state the frames are in.
#pragma once

#include "server_core.hpp"

#include "sluice/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <list>

namespace sluice::ws {

constexpr std::chrono::seconds close_limit{2};
constexpr std::size_t idle_read = 256;
constexpr std::size_t busy_read = 16 * 1024;
constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

template <class Stream>
class open_connection final : public connection,
                              public std::enable_shared_from_this<open_connection<Stream>> {
public:
    using websocket_stream = boost::beast::websocket::stream<Stream, false>;

    open_connection(server_core& core, std::string client_address, Stream stream)
        : core_(core)
        , stream_(std::move(stream))
        , limit_(stream_.get_executor())
        , client_address_(std::move(client_address)) {
        core_.connections.insert(this);
    }
    ~open_connection() override { core_.connections.erase(this); }
    open_connection(const open_connection&) = delete;
    open_connection& operator=(const open_connection&) = delete;

    websocket_stream& stream() { return stream_; }

    // To be called once the handshake is done.
    void set_options() {
        namespace websocket = boost::beast::websocket;
        websocket::stream_base::timeout times{};
        times.handshake_timeout = close_limit;  // bounds the closing handshake as well
        // Beast pings after half of the idle time and drops after the whole.
        times.idle_timeout = core_.config.ping_interval * 2;
        times.keep_alive_pings = true;
        stream_.set_option(times);
        stream_.read_message_max(static_cast<std::size_t>(core_.config.frame_limit.value));
        stream_.auto_fragment(false);
        stream_.text(true);
    }

    awaitable<result<std::string>> receive() override {
        while (!has_ended_) {
            std::string text;
            const boost::system::error_code failed = co_await read_message(text);
            if (failed) {
                has_ended_ = true;
                const bool is_farewell = failed == boost::beast::websocket::error::closed ||
                                         failed == asio::error::operation_aborted;
                co_return fail(is_farewell ? errc::cancelled : errc::io, failed.message());
            }
            if (is_closing_) continue;  // only the peer's close frame is still of interest
            if (stream_.got_binary()) {
                close(close_code::unsupported, "only text messages are spoken here");
                co_return fail(errc::invalid, "a binary message");
            }
            co_return std::move(text);
        }
        co_return fail(errc::cancelled);
    }

    bool send(std::string text) override {
        if (is_closing_ || has_ended_) return false;
        if (unsent_ > 0 &&
            unsent_ + text.size() > static_cast<std::size_t>(core_.config.send_buffer.value)) {
            drop_queue();
            close(close_code::try_again_later, "the connection does not keep up; reconnect");
            return false;
        }
        unsent_ += text.size();
        queue_.push_back(std::move(text));
        wake_writer();
        return true;
    }

    void close(close_code code, std::string reason) override {
        if (is_closing_ || has_ended_) return;
        is_closing_ = true;
        code_ = code;
        // A control frame carries at most 125 bytes, two of them for the code.
        reason.resize(std::min<std::size_t>(reason.size(), 123));
        reason_ = std::move(reason);
        limit_.expires_after(close_limit);
        limit_.async_wait([weak = this->weak_from_this()](boost::system::error_code cancelled) {
            const auto self = weak.lock();
            if (!cancelled && self) self->drop();
        });
        wake_writer();
    }

    std::size_t unsent_bytes() const override { return unsent_; }
    const std::string& client_address() const override { return client_address_; }

private:
    // One whole message. Waits with a small buffer, because most connections wait most of the time.
    awaitable<boost::system::error_code> read_message(std::string& text) {
        std::size_t size = 0;
        std::size_t room = idle_read;
        do {
            text.resize(size + room);
            const auto [failed, count] =
                co_await stream_.async_read_some(asio::buffer(&text[size], room), as_tuple);
            if (failed) co_return failed;
            size += count;
            room = busy_read;
        } while (!stream_.is_message_done());
        text.resize(size);
        co_return boost::system::error_code();
    }

    void drop_queue() {
        for (const std::string& text : queue_)
            unsent_ -= text.size();
        queue_.clear();
    }
    void drop() {
        has_ended_ = true;
        drop_queue();
        boost::system::error_code none;
        boost::beast::get_lowest_layer(stream_).close(none);
    }
    void wake_writer() {
        if (is_writing_) return;
        is_writing_ = true;
        if (!core_.writers.spawn("ws writer", write_all(this->shared_from_this()))) drop();
    }

    static awaitable<void> write_all(std::shared_ptr<open_connection> self) {
        co_await self->write_queue();
        self->is_writing_ = false;
    }

    awaitable<void> write_queue() {
        while (!queue_.empty()) {
            const std::string text = std::move(queue_.front());
            queue_.pop_front();
            const auto [failed, size] = co_await stream_.async_write(asio::buffer(text), as_tuple);
            unsent_ -= text.size();
            if (failed) {
                drop();
                co_return;
            }
        }
        if (!is_closing_) co_return;
        boost::beast::websocket::close_reason last_words(static_cast<std::uint16_t>(code_));
        last_words.reason.assign(reason_.data(), reason_.size());
        const auto [none] = co_await stream_.async_close(last_words, as_tuple);
        (void)none;  // the socket goes either way
        limit_.cancel();
        drop();
    }

    server_core& core_;
    websocket_stream stream_;
    asio::steady_timer limit_;
    std::string client_address_;
    std::list<std::string> queue_;
    std::size_t unsent_ = 0;  // of the queue and of the message being written
    close_code code_ = close_code::normal;
    std::string reason_;
    bool is_writing_ = false;
    bool is_closing_ = false;
    bool has_ended_ = false;
};

}  // namespace sluice::ws
