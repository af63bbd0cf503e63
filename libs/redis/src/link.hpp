// One connection to Redis: connect with AUTH, SELECT and CLIENT SETNAME, write what was queued in
// one loop turn at once, read answers. Client and subscriber each drive one; both replace it when
// it breaks.
#pragma once

#include "protocol.hpp"
#include "url.hpp"

#include "sluice/core/deadline.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <boost/asio/generic/stream_protocol.hpp>

#include <array>
#include <exception>
#include <string>

namespace sluice::redis {

class link : public std::enable_shared_from_this<link> {
public:
    explicit link(asio::any_io_executor executor);

    awaitable<result<void>> connect(target to, std::string name, deadline until);

    // Queues bytes; they leave after the handlers that are ready now, together with what those
    // queue.
    void send(const std::vector<std::vector<std::string>>& commands);
    std::size_t unsent() const { return out_.size() + writing_.size(); }

    // Waits for bytes and returns the answers that they complete (maybe none).
    awaitable<result<std::vector<result<reply>>>> read();

    // Ends read(), which then returns this reason.
    void close(error reason);

private:
    awaitable<result<void>> open(target to, std::string name);
    awaitable<result<void>> open_tcp(std::string host, std::string port);
    awaitable<result<void>> greet(target to, std::string name);
    void flush();

    asio::generic::stream_protocol::socket socket_;
    parser parser_;
    std::string out_;
    std::string writing_;
    bool is_flush_planned_ = false;
    bool is_writing_ = false;
    bool is_closed_ = false;
    error reason_;
    std::array<char, 16384> buffer_;
};

// What the gates of this library do with an exception that leaves one of their coroutines.
void log_child_exception(const std::string& child, std::exception_ptr thrown);

}  // namespace sluice::redis
