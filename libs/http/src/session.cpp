// Theory of operation. One coroutine per connection reads a header, asks server_core what it means,
// reads the body, runs the handler, writes the answer as one write, and starts again with what is
// left in the buffer; so pipelined requests are answered in order. request_reader.hpp has the
// reading half, connection.hpp what knows nothing of HTTP. The deadline of the present step
// is a plain time_point. The connection's one timer is armed no later than it and, when it fires
// early, moves on to the deadline of that moment: on the hot path a new deadline costs an
// assignment, not a timer operation. After an answer that leaves unread bytes behind, the
// connection lingers: a close now would make the kernel send a reset, which can take the answer
// away from the client. While a body is streamed the connection is read as well: its end cancels
// the stream, and what comes is the next request, which waits in the buffer. The body of a request
// may be streamed too: the handler then runs before it has come, and asks for it piece by piece.
#include "session.hpp"

#include "request_reader.hpp"

#include "sluice/http/problem.hpp"
#include "sluice/observe/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <array>
#include <cstdio>

namespace sluice::http {
namespace {

using tcp = asio::ip::tcp;
using steady = std::chrono::steady_clock;

constexpr std::size_t joined_body = 16 * 1024;  // up to here body and header go out as one buffer
constexpr std::size_t kept_buffer = 64 * 1024;  // more than this is given back between requests
constexpr std::uint64_t cheap_discard = 64 * 1024;
// Of a large body that was refused: many a client reads no answer before it has sent everything.
constexpr std::size_t streamed_linger = 8 * 1024 * 1024;

template <class Stream>
class session final : public session_base, public request_reader<Stream> {
    using base = request_reader<Stream>;
    using base::as_tuple;
    using base::buffer_;
    using base::clear_deadline;
    using base::core_;
    using base::cut;
    using base::finish;
    using base::first_read;
    using base::handshake;
    using base::is_idle_;
    using base::linger_bytes_;
    using base::lingers_;
    using base::parser_;
    using base::read_body;
    using base::read_header;
    using base::request_;
    using base::send;
    using base::set_deadline;
    using base::stream_;
    using base::timer_;
    using typename base::request_body;

public:
    session(server_core& core, Stream stream)
        : base(core, std::move(stream)), peer_(base::peer_address()) {
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
    awaitable<bool> serve_streamed(const bound_route& row) {
        keep_facts();
        parser_->stream_body();
        request_body body(*this);
        request_.body_stream = &body;
        clear_deadline();
        request taken = std::move(request_);
        request_.body.clear();  // from here on the piece at hand
        response answer = co_await core_.handle(row, std::move(taken));
        if (body.is_gone()) co_return false;
        if (parser_->is_done()) {
            co_return co_await write(&row, std::move(answer), parser_->keep_alive());
        }
        linger_bytes_ = streamed_linger;
        co_return co_await write_and_linger(&row, std::move(answer));
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
        if (row.body == body_form::streamed) co_return co_await serve_streamed(row);
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

    std::string peer_;
    std::string out_;  // kept, so that its memory is
    observe::context ctx_;
    std::string origin_;
    header_list answer_headers_;
    steady::time_point started_{};
    bool is_head_ = false;
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
