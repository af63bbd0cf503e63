// See interaction.hpp. The terminal comes from init, which nothing untrusted can pose as: its
// socket is close-on-exec. It is looked at all the same before it is used.
#include "interaction.hpp"

#include "fd_message.hpp"
#include "message_check.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sluice::sandbox {

namespace {

constexpr char end_of_file = '\x04';  // what a terminal takes for it at the begin of a line

bool is_terminal_master(int fd) {
    struct stat info {};
    int number = -1;
    return ::fstat(fd, &info) == 0 && S_ISCHR(info.st_mode) && ::ioctl(fd, TIOCGPTN, &number) == 0;
}

unique_fd copy_of(int fd) {
    return unique_fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

}  // namespace

result<interaction_ends> make_interaction(interaction how) {
    interaction_ends ends;
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        return fail(errc::io, "socketpair");
    }
    ends.ours = unique_fd(pair[0]);
    ends.theirs = unique_fd(pair[1]);
    if (::fcntl(ends.ours.get(), F_SETFL, O_NONBLOCK) < 0) return fail(errc::io, "fcntl");
    if (how != interaction::pipes) return ends;
    if (::pipe2(pair, O_CLOEXEC) < 0) return fail(errc::io, "pipe2");
    ends.input = unique_fd(pair[0]);
    ends.input_writer = unique_fd(pair[1]);
    // The program is another user, and may open /dev/stdin.
    if (::fchmod(ends.input.get(), 0444) < 0 ||
        ::fcntl(ends.input_writer.get(), F_SETFL, O_NONBLOCK) < 0) {
        return fail(errc::io, "stdin");
    }
    return ends;
}

interaction_session::interaction_session(
    asio::any_io_executor executor,
    interaction how,
    interaction_ends ends,
    std::function<void(unique_fd)> on_terminal
)
    : how_(how), socket_(executor), input_(executor), on_terminal_(std::move(on_terminal)) {
    socket_.assign(ends.ours.release());
    if (ends.input_writer) input_.assign(ends.input_writer.release());
}

void interaction_session::start(std::string first_input) {
    if (how_ == interaction::terminal) await_terminal();
    if (!first_input.empty()) write(first_input);
}

void interaction_session::await_terminal() {
    socket_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this()](const boost::system::error_code& failed) {
            if (!failed && !self->is_closed_) self->take_terminal();
        }
    );
}

void interaction_session::take_terminal() {
    if (how_ != interaction::terminal || !on_terminal_ || is_closed_) return;
    protocol::terminal_made made;
    received_message message;
    const long size = message.receive(
        socket_.native_handle(),
        std::as_writable_bytes(std::span(&made, 1)),
        MSG_DONTWAIT
    );
    if (!is_valid(made, size, message.fd_count())) return;
    unique_fd master(message.take_fd(0));
    if (!is_terminal_master(master.get()) || ::fcntl(master.get(), F_SETFL, O_NONBLOCK) < 0) return;
    unique_fd reader = copy_of(master.get());
    if (!reader) return;
    input_.assign(master.release());
    if (cols_ > 0) resize(cols_, rows_);
    flush();
    std::exchange(on_terminal_, nullptr)(std::move(reader));
}

void interaction_session::write(std::string_view bytes) {
    if (is_ended_ || is_closed_ || bytes.empty()) return;
    waiting_.emplace_back(bytes);
    flush();
}

void interaction_session::end_input() {
    if (is_ended_ || is_closed_) return;
    if (how_ == interaction::terminal) return write(std::string_view(&end_of_file, 1));
    is_ended_ = true;
    flush();
}

void interaction_session::flush() {
    if (is_waiting_ || !input_.is_open()) return;
    while (!waiting_.empty()) {
        std::string& next = waiting_.front();
        const ssize_t n = ::write(input_.native_handle(), next.data(), next.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) {
            waiting_.clear();  // nobody reads any more
            break;
        }
        if (n >= 0 && static_cast<std::size_t>(n) == next.size()) {
            waiting_.pop_front();
            continue;
        }
        if (n > 0) next.erase(0, static_cast<std::size_t>(n));
        is_waiting_ = true;
        input_.async_wait(
            asio::posix::stream_descriptor::wait_write,
            [self = shared_from_this()](const boost::system::error_code& failed) {
                self->is_waiting_ = false;
                if (!failed && !self->is_closed_) self->flush();
            }
        );
        return;
    }
    if (is_ended_ && how_ == interaction::pipes) {
        boost::system::error_code ignored;
        input_.close(ignored);
    }
}

void interaction_session::signal(int number) {
    if (is_closed_) return;
    protocol::interaction_order order;
    order.signal = static_cast<std::uint32_t>(number);
    // A full socket means hundreds that nobody has taken: more say no more.
    const message_part part{&order, sizeof order};
    (void)send_message(socket_.native_handle(), std::span(&part, 1));
}

void interaction_session::resize(int cols, int rows) {
    if (is_closed_ || how_ != interaction::terminal) return;
    cols_ = cols;
    rows_ = rows;
    if (!input_.is_open()) return;
    winsize size{};
    size.ws_col = static_cast<unsigned short>(cols);
    size.ws_row = static_cast<unsigned short>(rows);
    (void)::ioctl(input_.native_handle(), TIOCSWINSZ, &size);
}

void interaction_session::close() {
    is_closed_ = true;
    on_terminal_ = nullptr;
    waiting_.clear();
    boost::system::error_code ignored;
    socket_.close(ignored);
    input_.close(ignored);
}

}  // namespace sluice::sandbox
