// Theory of operation. One coroutine per connection reads a header, asks server_core what it means,
// reads the body, runs the handler, writes the answer as one write, and starts again with what is
// left in the buffer; so pipelined requests are answered in order. The deadline of the present step
// is a plain time_point. The connection's one timer is armed no later than it and, when it fires
// early, moves on to the deadline of that moment: on the hot path a new deadline costs an
// assignment, not a timer operation. After an answer that leaves unread bytes behind, the
// connection lingers: a close now would make the kernel send a reset, which can take the answer
// away from the client. While a body is streamed the connection is read as well: its end cancels
// the stream, and what comes is the next request, which waits in the buffer.
#include "session.hpp"

#include "message_parser.hpp"

#include "sluice/http/problem.hpp"
#include "sluice/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <cstdio>

namespace sluice::http {
namespace {

namespace beast_http = boost::beast::http;
using tcp = asio::ip::tcp;
using tls_stream = asio::ssl::stream<tcp::socket>;
using steady = std::chrono::steady_clock;

constexpr std::size_t first_read = 4096;
constexpr std::size_t body_read = 64 * 1024;
constexpr std::size_t joined_body = 16 * 1024;  // up to here body and header go out as one buffer
constexpr std::size_t kept_buffer = 64 * 1024;  // more than this is given back between requests
constexpr std::uint64_t cheap_discard = 64 * 1024;
constexpr std::size_t linger_bytes = 1024 * 1024;
constexpr std::chrono::seconds linger_time{2};
constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

// How a read ended when it did not end well.
enum class read_outcome { ok, gone, late, too_large, malformed };

bool is_over_a_limit(const boost::system::error_code& e) {
    return e == beast_http::error::header_limit || e == beast_http::error::body_limit ||
           e == beast_http::error::buffer_overflow;
}

std::string address_of(const tcp::socket& socket) {
    boost::system::error_code none;
    const auto endpoint = socket.remote_endpoint(none);
    if (none) return {};
    const auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

template <class Stream>
class session final : public session_base, public std::enable_shared_from_this<session<Stream>> {
public:
    session(server_core& core, Stream stream)
        : core_(core)
        , stream_(std::move(stream))
        , timer_(stream_.get_executor())
        , peer_(address_of(lowest()))
        , buffer_(static_cast<std::size_t>(core.config.header_limit.value) + body_read) {
        boost::system::error_code none;
        lowest().set_option(tcp::no_delay(true), none);
        core_.sessions.insert(this);
    }
    ~session() override { core_.sessions.erase(this); }
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    void close_if_idle() override {
        if (is_idle_) cut();
    }

    awaitable<void> run() {
        if (!co_await handshake()) co_return;
        buffer_.reserve(first_read);
        while (co_await serve_one()) {
            if (buffer_.size() == 0 && buffer_.capacity() > kept_buffer) buffer_.shrink_to_fit();
        }
        clear_deadline();
        co_await finish();
        timer_.cancel();
    }

private:
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

    // ---- reading ----

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

    // Gives what is in the buffer to the parser until `is_enough`, reading more when it is used up.
    template <class Enough>
    awaitable<read_outcome> parse_until(Enough is_enough, std::size_t read_size) {
        while (!is_enough()) {
            bool needs_more = buffer_.size() == 0;
            if (!needs_more) {
                boost::system::error_code failed;
                buffer_.consume(parser_->put(buffer_.data(), failed));
                if (failed == beast_http::error::need_more) {
                    needs_more = true;
                } else if (is_over_a_limit(failed)) {
                    co_return read_outcome::too_large;
                } else if (failed) {
                    co_return read_outcome::malformed;
                }
            }
            if (!needs_more) continue;
            const read_outcome outcome = co_await read_some(read_size);
            if (outcome != read_outcome::ok) co_return outcome;
            if (is_idle_) {
                is_idle_ = false;
                set_deadline(core_.config.header_timeout);
            }
        }
        co_return read_outcome::ok;
    }

    awaitable<read_outcome> read_header() {
        request_ = request{};
        parser_.emplace(request_, static_cast<std::size_t>(core_.config.header_limit.value));
        is_idle_ = buffer_.size() == 0;
        if (is_idle_ && core_.is_draining) co_return read_outcome::gone;
        set_deadline(is_idle_ ? core_.config.idle_timeout : core_.config.header_timeout);
        const auto is_enough = [this] { return parser_->is_header_done(); };
        const read_outcome outcome = co_await parse_until(is_enough, first_read);
        // A connection that only idled is closed without a word.
        if (outcome == read_outcome::late && is_idle_) co_return read_outcome::gone;
        is_idle_ = false;
        co_return outcome;
    }

    awaitable<read_outcome> read_body() {
        if (parser_->is_done()) co_return read_outcome::ok;
        set_deadline(core_.config.body_timeout);
        if (parser_->expects_continue() && buffer_.size() == 0 && !parser_->is_http_1_0()) {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            const auto [failed, size] =
                co_await asio::async_write(stream_, asio::buffer(go_on), as_tuple);
            if (failed) co_return is_late_ ? read_outcome::late : read_outcome::gone;
        }
        const auto is_enough = [this] { return parser_->is_done(); };
        co_return co_await parse_until(is_enough, body_read);
    }

    // ---- one request ----

    // False: the connection ends after this.
    awaitable<bool> serve_one() {
        const read_outcome header = co_await read_header();
        if (header == read_outcome::gone) co_return false;
        identify(request_, core_.proxies, peer_);
        started_ = steady::now();
        if (header != read_outcome::ok) co_return co_await refuse(header, "header_too_large");
        if (!parser_->is_http_1_0() && parser_->host_count() != 1) {
            co_return co_await refuse(read_outcome::malformed, "");
        }

        routed target = core_.route(request_, parser_->method_text());
        if (target.early) co_return co_await answer_early(target.route, std::move(*target.early));
        const bound_route& row = *target.route;
        if (is_over(row.body_limit)) co_return co_await refuse_body(row);
        auto refusal = co_await core_.authenticate(request_, row.who);
        if (refusal) co_return co_await answer_early(&row, std::move(*refusal));

        parser_->body_limit(row.body_limit);
        const read_outcome body = co_await read_body();
        if (body == read_outcome::gone) co_return false;
        if (body == read_outcome::too_large) co_return co_await refuse_body(row);
        if (body != read_outcome::ok) co_return co_await refuse(body, "payload_too_large");

        clear_deadline();
        // The handler takes the request; what the answer still needs is kept.
        keep_facts();
        response answer = co_await core_.handle(row, std::move(request_));
        co_return co_await write(&row, std::move(answer), parser_->keep_alive());
    }

    bool is_over(std::size_t limit) {
        if (parser_->chunked()) return limit == 0;
        const auto length = parser_->content_length();
        return length && *length > limit;
    }

    awaitable<bool> refuse_body(const bound_route& row) {
        keep_facts();
        response answer = problem(
            "payload_too_large",
            row.body_limit == 0
                ? std::string("no body is allowed here")
                : "at most " + std::to_string(row.body_limit) + " bytes are allowed here",
            ctx_
        );
        co_return co_await write_and_linger(&row, std::move(answer));
    }

    awaitable<bool> refuse(read_outcome why, std::string_view too_large_code) {
        keep_facts();
        response answer;
        if (why == read_outcome::late) {
            answer = problem("request_timeout", "the request did not arrive in time", ctx_);
        } else if (why == read_outcome::too_large) {
            answer = problem(too_large_code, "", ctx_);
        } else {
            answer = problem("invalid_request", "this is not a well-formed HTTP/1.1 request", ctx_);
        }
        co_return co_await write_and_linger(nullptr, std::move(answer));
    }

    // An answer given before the body was read. A short body is read and dropped, so that the
    // connection can go on; for a long or unknown one, closing is cheaper than reading.
    awaitable<bool> answer_early(const bound_route* row, response answer) {
        keep_facts();
        if (parser_->has_body()) {
            const auto length = parser_->content_length();
            const bool is_cheap = length && *length <= cheap_discard;
            if (!is_cheap || parser_->expects_continue()) {
                co_return co_await write_and_linger(row, std::move(answer));
            }
            parser_->discard_body();
        }
        const read_outcome body = co_await read_body();
        if (body == read_outcome::gone) co_return false;
        if (body != read_outcome::ok) co_return co_await write_and_linger(row, std::move(answer));
        co_return co_await write(row, std::move(answer), parser_->keep_alive());
    }

    void keep_facts() {
        ctx_ = request_.ctx;
        answer_headers_ = std::move(request_.answer_headers);
        origin_ = request_.headers.get("Origin");
        is_head_ = request_.method == verb::head && parser_->method_text() == "HEAD";
    }

    // ---- writing ----

    awaitable<bool> write_and_linger(const bound_route* row, response answer) {
        lingers_ = true;
        co_return co_await write(row, std::move(answer), false);
    }

    awaitable<bool> write(const bound_route* row, response answer, bool keep_alive) {
        for (const auto& [name, value] : answer_headers_.all()) {
            if (!answer.headers.contains(name)) answer.headers.set(name, value);
        }
        core_.complete(answer, ctx_, origin_);
        answer_form form;
        form.is_head = is_head_;
        form.is_http_1_0 = parser_->is_http_1_0();
        form.keep_alive = keep_alive && !answer.close_connection && !core_.is_draining &&
                          !(answer.stream && form.is_http_1_0);
        out_.clear();
        append_head(out_, answer, form, core_.date.now());
        const bool with_body = has_body(answer, form);
        const bool is_joined = with_body && answer.body.size() <= joined_body;
        if (is_joined) out_ += answer.body;

        const auto took = steady::now() - started_;
        core_.record(row, parser_->method_text(), answer.status, took);
        if (observe::current_level() == observe::level::debug) {
            observe::debug(
                ctx_,
                "http_answered",
                {{"method", parser_->method_text()},
                 {"route", row == nullptr ? std::string("unmatched") : row->pattern},
                 {"status", answer.status},
                 {"seconds", std::chrono::duration<double>(took).count()}}
            );
        }

        set_deadline(core_.config.write_timeout);
        std::array<asio::const_buffer, 2> parts{asio::buffer(out_), asio::const_buffer()};
        if (with_body && !is_joined) parts[1] = asio::buffer(answer.body);
        const auto [failed, size] = co_await asio::async_write(stream_, parts, as_tuple);
        if (failed) lingers_ = false;
        if (failed || !answer.stream || is_head_) co_return !failed && form.keep_alive;
        const bool is_whole = co_await send_stream(std::move(answer.stream), form.is_http_1_0);
        co_return is_whole&& form.keep_alive;
    }

    // ---- a body that is made while it is sent ----

    class chunk_writer final : public body_writer {
    public:
        chunk_writer(session& owner, bool is_plain) : owner_(owner), is_plain_(is_plain) {}
        awaitable<bool> write(std::string bytes) override {
            if (bytes.empty()) co_return true;  // an empty chunk would be the last
            if (!is_plain_) {
                char size[24];
                std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
                bytes.insert(0, size);
                bytes += "\r\n";
            }
            co_return co_await owner_.send(std::move(bytes));
        }

    private:
        session& owner_;
        bool is_plain_;
    };

    awaitable<bool> send(std::string bytes) {
        set_deadline(core_.config.write_timeout);
        const auto [failed, size] =
            co_await asio::async_write(stream_, asio::buffer(bytes), as_tuple);
        clear_deadline();
        co_return !failed;
    }

    awaitable<bool> send_stream(streamed_body make, bool is_plain) {
        clear_deadline();
        chunk_writer to(*this, is_plain);
        const auto executor = stream_.get_executor();
        auto [order, thrown, is_whole, watch_thrown] =
            co_await asio::experimental::make_parallel_group(
                asio::co_spawn(executor, make(to), asio::deferred),
                asio::co_spawn(executor, until_client_goes(), asio::deferred)
            )
                .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
        if (thrown && order[0] == 0) {
            observe::error(ctx_, "http_stream_failed", {{"error", sluice::describe(thrown)}});
        }
        if (thrown || watch_thrown || order[0] != 0 || !is_whole) co_return false;
        if (is_plain) co_return true;
        co_return co_await send("0\r\n\r\n");
    }

    // What it sends meanwhile is kept for later, up to a bound; above it, nothing more is read.
    awaitable<void> until_client_goes() {
        while (buffer_.size() < kept_buffer) {
            const auto space = buffer_.prepare(first_read);
            const auto [failed, size] = co_await stream_.async_read_some(space, as_tuple);
            if (failed) co_return;
            buffer_.commit(size);
        }
        asio::steady_timer never(stream_.get_executor(), steady::time_point::max());
        co_await never.async_wait(as_tuple);
    }

    // ---- beginning and end ----

    awaitable<bool> handshake() {
        if constexpr (std::is_same_v<Stream, tls_stream>) {
            set_deadline(core_.config.header_timeout);
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
        while (total < linger_bytes && !was_cut_) {
            buffer_.clear();
            const auto [failed, size] =
                co_await lowest().async_read_some(buffer_.prepare(first_read), as_tuple);
            if (failed) co_return;
            total += size;
        }
    }

    server_core& core_;
    Stream stream_;
    asio::steady_timer timer_;
    steady::time_point timer_at_ = steady::time_point::max();
    steady::time_point deadline_ = steady::time_point::max();
    std::string peer_;
    boost::beast::flat_buffer buffer_;
    request request_;
    std::optional<message_parser> parser_;
    std::string out_;  // kept, so that its memory is
    observe::context ctx_;
    std::string origin_;
    header_list answer_headers_;
    steady::time_point started_{};
    bool is_head_ = false;
    bool is_idle_ = false;
    bool is_late_ = false;
    bool was_cut_ = false;
    bool lingers_ = false;
};

}  // namespace

awaitable<void>
run_session(server_core& core, asio::ssl::context* tls, asio::ip::tcp::socket socket) {
    if (tls == nullptr) {
        const auto plain = std::make_shared<session<tcp::socket>>(core, std::move(socket));
        co_await plain->run();
    } else {
        tls_stream stream(std::move(socket), *tls);
        const auto secure = std::make_shared<session<tls_stream>>(core, std::move(stream));
        co_await secure->run();
    }
}

void refuse_connection(tcp::socket socket) {
    const observe::context nobody;
    const response answer = problem("overloaded", "too many connections", nobody, {}, 1);
    answer_form form;
    form.keep_alive = false;
    date_cache date;
    std::string out;
    append_head(out, answer, form, date.now());
    out += answer.body;
    boost::system::error_code none;
    socket.non_blocking(true, none);
    socket.write_some(asio::buffer(out), none);
    socket.shutdown(tcp::socket::shutdown_send, none);
}

}  // namespace sluice::http
