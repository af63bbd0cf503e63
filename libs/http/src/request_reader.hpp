// The reading half of a session: the header of a request, and its body, whole or piece by piece for
// a handler that asks for it.
#pragma once

#include "connection.hpp"
#include "message_parser.hpp"
#include "server_core.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sluice::http {

inline bool is_over_a_limit(const boost::system::error_code& e) {
    using boost::beast::http::error;
    return e == error::header_limit || e == error::body_limit || e == error::buffer_overflow;
}

template <class Stream>
class request_reader : public connection<Stream> {
    using base = connection<Stream>;

protected:
    using base::as_tuple;
    using base::buffer_;
    using base::clear_deadline;
    using base::first_read;
    using base::is_late_;
    using base::read_some;
    using base::set_deadline;
    using base::stream_;
    using steady = std::chrono::steady_clock;

    static constexpr std::size_t body_read = 64 * 1024;
    // A streamed body may be large; whoever sends it more slowly than this only holds the
    // connection.
    static constexpr std::uint64_t least_bytes_per_second = 16 * 1024;

    request_reader(server_core& core, Stream stream)
        : base(
              core.config,
              std::move(stream),
              static_cast<std::size_t>(core.config.header_limit.value) + body_read
          )
        , core_(core) {}
    ~request_reader() = default;
    request_reader(const request_reader&) = delete;
    request_reader& operator=(const request_reader&) = delete;

    // Gives what is in the buffer to the parser until `is_enough`, reading more when it is used up.
    template <class Enough>
    awaitable<read_outcome> parse_until(Enough is_enough, std::size_t read_size) {
        while (!is_enough()) {
            bool needs_more = buffer_.size() == 0;
            if (!needs_more) {
                boost::system::error_code failed;
                buffer_.consume(parser_->put(buffer_.data(), failed));
                if (failed == boost::beast::http::error::need_more) {
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
        const read_outcome begun = co_await invite_body();
        if (begun != read_outcome::ok) co_return begun;
        const auto is_enough = [this] { return parser_->is_done(); };
        co_return co_await parse_until(is_enough, body_read);
    }

    // For a client that waits to be asked for its body.
    awaitable<read_outcome> invite_body() {
        if (parser_->expects_continue() && buffer_.size() == 0 && !parser_->is_http_1_0()) {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            const auto [failed, size] =
                co_await asio::async_write(stream_, asio::buffer(go_on), as_tuple);
            if (failed) co_return is_late_ ? read_outcome::late : read_outcome::gone;
        }
        co_return read_outcome::ok;
    }

    class request_body final : public body_reader {
    public:
        explicit request_body(request_reader& owner) : owner_(owner) {}
        std::optional<std::uint64_t> size() const override {
            std::optional<std::uint64_t> out;
            if (const auto length = owner_.parser_->content_length()) out = *length;
            return out;
        }
        awaitable<result<std::string>> read() override {
            std::string piece;
            if (!is_begun_) owner_.set_deadline(owner_.core_.config.body_timeout);
            if (!std::exchange(is_begun_, true)) {
                const read_outcome begun = co_await owner_.invite_body();
                if (begun != read_outcome::ok) co_return failure_of(begun);
            }
            if (owner_.parser_->is_done()) co_return piece;
            owner_.set_deadline(patience());
            const steady::time_point before = steady::now();
            const auto is_enough = [this] {
                return !owner_.request_.body.empty() || owner_.parser_->is_done();
            };
            const read_outcome outcome = co_await owner_.parse_until(is_enough, body_read);
            owner_.clear_deadline();
            waited_ += steady::now() - before;
            if (outcome != read_outcome::ok) co_return failure_of(outcome);
            piece.swap(owner_.request_.body);
            received_ += piece.size();
            co_return piece;
        }
        bool is_gone() const { return is_gone_; }

    private:
        // For one piece, and for all of them together.
        std::chrono::milliseconds patience() const {
            using std::chrono::milliseconds;
            const milliseconds usual = owner_.core_.config.body_timeout;
            const milliseconds earned(received_ * 1000 / least_bytes_per_second);
            const auto waited = std::chrono::duration_cast<milliseconds>(waited_);
            return std::clamp(usual + earned - waited, milliseconds(1), usual);
        }
        error failure_of(read_outcome why) {
            if (why == read_outcome::late) return fail(errc::timeout, "the body came too slowly");
            if (why == read_outcome::too_large) return fail(errc::overloaded, "above the limit");
            if (why == read_outcome::malformed) return fail(errc::invalid, "malformed chunk");
            is_gone_ = true;
            return fail(errc::cancelled, "the client has gone");
        }

        request_reader& owner_;
        std::uint64_t received_ = 0;
        steady::duration waited_{};
        bool is_begun_ = false;
        bool is_gone_ = false;
    };

    server_core& core_;
    request request_;
    std::optional<message_parser> parser_;
    bool is_idle_ = false;
};

}  // namespace sluice::http
