// See link.hpp. hiredis formats and parses; the socket is Asio's own, so that no descriptor has two
// owners.
#include "link.hpp"

#include "sluice/observe/log.hpp"
#include "sluice/runtime/with_deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sluice::redis {
namespace {

constexpr auto as_tuple_awaitable = asio::as_tuple(asio::use_awaitable);

error away(const std::string& what, const boost::system::error_code& ec) {
    return fail(errc::unavailable, what + ": " + ec.message());
}

void set_option(int fd, int level, int name, int value) {
    // Best effort: a socket without it works, only less well.
    (void)::setsockopt(fd, level, name, &value, sizeof value);
}

}  // namespace

link::link(asio::any_io_executor executor) : socket_(std::move(executor)) {}

awaitable<result<void>> link::connect(target to, std::string name, deadline until) {
    auto self = shared_from_this();
    auto opened = co_await runtime::with_deadline(until, open(std::move(to), std::move(name)));
    if (!opened && opened.error() == errc::timeout) {
        co_return fail(errc::unavailable, "no connection within connect_timeout");
    }
    co_return opened;
}

awaitable<result<void>> link::open_tcp(std::string host, std::string port) {
    asio::ip::tcp::resolver resolver(socket_.get_executor());
    auto [failed, found] = co_await resolver.async_resolve(host, port, as_tuple_awaitable);
    if (failed) co_return away("host " + host, failed);
    asio::ip::tcp::socket tcp(socket_.get_executor());
    auto [ec, endpoint] = co_await asio::async_connect(tcp, found, as_tuple_awaitable);
    if (ec) co_return away(host + ":" + port, ec);
    const int fd = tcp.native_handle();
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
    socket_ = std::move(tcp);
    co_return result<void>();
}

awaitable<result<void>> link::open(target to, std::string name) {
    if (to.socket_path.empty()) {
        auto opened = co_await open_tcp(to.host, to.port);
        if (!opened) co_return opened;
    } else {
        asio::local::stream_protocol::socket unix_socket(socket_.get_executor());
        const asio::local::stream_protocol::endpoint endpoint(to.socket_path);
        auto [ec] = co_await unix_socket.async_connect(endpoint, as_tuple_awaitable);
        if (ec) co_return away(to.socket_path, ec);
        socket_ = std::move(unix_socket);
    }
    co_return co_await greet(std::move(to), std::move(name));
}

// One write, one answer each. PING shows that the server is ready to serve (not loading its data).
awaitable<result<void>> link::greet(target to, std::string name) {
    std::vector<std::vector<std::string>> commands;
    if (!to.password.empty() || !to.user.empty()) {
        commands.push_back({"AUTH"});
        if (!to.user.empty()) commands.back().push_back(to.user);
        commands.back().push_back(to.password);
    }
    if (to.database != 0) commands.push_back({"SELECT", std::to_string(to.database)});
    for (char& c : name) {
        if (c <= ' ' || c > '~') c = '_';
    }
    const std::size_t optional_at = commands.size();
    commands.push_back({"CLIENT", "SETNAME", name});
    commands.push_back({"PING"});
    send(commands);
    std::size_t answered = 0;
    while (answered < commands.size()) {
        auto answers = co_await read();
        if (!answers) co_return answers.error();
        for (auto& answer : *answers) {
            // The name is a comfort; an ACL may forbid it.
            if (!answer && answered != optional_at) {
                co_return fail(
                    errc::unavailable,
                    commands[answered].front() + ": " + answer.error().detail
                );
            }
            ++answered;
        }
    }
    co_return result<void>();
}

void link::send(const std::vector<std::vector<std::string>>& commands) {
    for (const auto& c : commands)
        append_command(out_, c);
    if (is_flush_planned_ || is_writing_) return;
    is_flush_planned_ = true;
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        self->is_flush_planned_ = false;
        self->flush();
    });
}

void link::flush() {
    if (is_closed_ || is_writing_ || out_.empty()) return;
    is_writing_ = true;
    writing_.clear();
    writing_.swap(out_);
    asio::async_write(
        socket_,
        asio::buffer(writing_),
        [self = shared_from_this()](boost::system::error_code ec, std::size_t) {
            self->is_writing_ = false;
            self->writing_.clear();
            if (ec) return self->close(away("write", ec));
            self->flush();
        }
    );
}

awaitable<result<std::vector<result<reply>>>> link::read() {
    auto self = shared_from_this();
    auto [ec, size] = co_await socket_.async_read_some(asio::buffer(buffer_), as_tuple_awaitable);
    if (is_closed_) co_return reason_;
    if (ec) co_return away("read", ec);
    parser_.feed(buffer_.data(), size);
    std::vector<result<reply>> answers;
    SLUICE_CO_TRY(parser_.take(answers));
    co_return std::move(answers);
}

void link::close(error reason) {
    if (is_closed_) return;
    is_closed_ = true;
    reason_ = std::move(reason);
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void log_child_exception(const std::string& child, std::exception_ptr thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        observe::error({}, "redis_task_failed", {{"task", child}, {"message", e.what()}});
    }
}

}  // namespace sluice::redis
