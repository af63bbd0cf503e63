// Handlers hold the session alive; after end() they find is_over_ and do nothing. When the
// manager's last reply comes, every process of the run is dead, so what the pipes hold then is all
// there will ever be: they are emptied without waiting for an end-of-file that a descriptor in
// flight could delay.
#include "run_session.hpp"

#include "fd_message.hpp"
#include "message_check.hpp"
#include "step.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::sandbox {

namespace {

constexpr std::size_t read_bytes = 64 << 10;
// At most what two enlarged pipes can hold; a program cannot make the last emptying longer than
// that.
constexpr int last_reads = 64;

}  // namespace

run_session::run_session(
    asio::posix::stream_descriptor& manager,
    const run_request& request,
    output_ends ends
)
    : manager_(manager)
    , done_(manager.get_executor(), asio::steady_timer::time_point::max())
    , request_(request)
    , out_(manager.get_executor())
    , err_(manager.get_executor())
    , ends_(std::move(ends)) {}

void run_session::interact(interaction_ends ends) {
    interaction_ = std::make_shared<interaction_session>(
        manager_.get_executor(),
        request_.how,
        std::move(ends),
        [this](unique_fd master) { read_terminal(std::move(master)); }
    );
}

// From here on the terminal is the program's stdout; the pipe has no writer.
void run_session::read_terminal(unique_fd master) {
    boost::system::error_code failed;
    out_.pipe.close(failed);
    out_.pipe.assign(master.get(), failed);
    if (failed) return;
    (void)master.release();
    await_output(out_, stream::out);
}

void run_session::start() {
    if (!start_output(out_, stream::out, std::move(ends_.out)) ||
        !start_output(err_, stream::err, std::move(ends_.err))) {
        return abandon("a broken reply");
    }
    if (request_.on_started) {
        asio::post(manager_.get_executor(), [self = shared_from_this()] {
            if (!self->is_over_) self->request_.on_started();
        });
    }
    if (interaction_) interaction_->start(request_.stdin_bytes);
    await_reply();
}

void run_session::kill(bool by_request) {
    if (is_over_) return;
    if (by_request) was_killed_by_request_ = true;
    if (is_kill_sent_) return;
    is_kill_sent_ = true;
    protocol::slot_request order;
    order.verb = protocol::slot_verb::kill;
    // A manager that cannot be told is dead, and its socket says so to await_reply.
    (void)send_struct(manager_.native_handle(), order);
}

void run_session::abandon(std::string why) {
    is_slot_usable_ = false;
    end(error{sandbox_errc::slot_died, std::move(why)});
}

void run_session::await_reply() {
    manager_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this()](const boost::system::error_code& failed) {
            if (self->is_over_) return;
            if (failed) {
                self->abandon("waiting for the slot manager: " + failed.message());
            } else {
                self->on_reply();
            }
        }
    );
}

void run_session::on_reply() {
    received_message message;
    protocol::slot_reply reply;
    const long size = message.receive(
        manager_.native_handle(),
        std::as_writable_bytes(std::span(&reply, 1)),
        MSG_DONTWAIT
    );
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return await_reply();
    if (size <= 0) return abandon("the slot manager ended in mid-run");
    if (!is_valid(reply, size, message.fd_count())) return abandon("a broken reply");
    if (message.fd_count() == 2) {
        next_ends_ = {unique_fd(message.take_fd(0)), unique_fd(message.take_fd(1))};
    } else {
        is_slot_usable_ = false;
    }
    switch (reply.event) {
        case protocol::slot_event::finished:
            if (reply.has_artefacts != 0 && !request_.collect) return abandon("a broken reply");
            reply_ = reply;
            return finish();
        case protocol::slot_event::failed:
            return end(
                error{sandbox_errc::setup_failed, describe_step(reply.step, reply.error_number)}
            );
        default:
            return abandon("a broken reply");
    }
}

bool run_session::start_output(output& o, stream which, unique_fd fd) {
    // Of a manager that was broken into, anything could come.
    struct stat info {};
    if (::fstat(fd.get(), &info) < 0 || !S_ISFIFO(info.st_mode) ||
        ::fcntl(fd.get(), F_SETFL, O_NONBLOCK) < 0) {
        return false;
    }
    boost::system::error_code failed;
    o.pipe.assign(fd.get(), failed);
    if (failed) return false;
    (void)fd.release();
    await_output(o, which);
    return true;
}

void run_session::await_output(output& o, stream which) {
    o.pipe.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this(), &o, which](const boost::system::error_code& failed) {
            if (self->is_over_ || failed) return;
            if (self->read_available(o, which)) self->await_output(o, which);
        }
    );
}

bool run_session::read_available(output& o, stream which) {
    static thread_local std::array<char, read_bytes> piece;
    const ssize_t n = ::read(o.pipe.native_handle(), piece.data(), piece.size());
    if (n > 0) keep(o, which, {piece.data(), static_cast<std::size_t>(n)});
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

void run_session::keep(output& o, stream which, std::string_view piece) {
    const auto room = static_cast<std::size_t>(request_.limits.output_bytes) - o.kept.size();
    const std::string_view kept = piece.substr(0, room);
    const bool is_drained = request_.on_output_limit == output_policy::drain;
    o.kept += kept;
    const std::string_view told = is_drained ? piece : kept;
    if (request_.on_output && !told.empty()) request_.on_output(which, told);
    if (kept.size() == piece.size()) return;
    o.is_truncated = true;
    if (!is_drained) {
        is_output_exceeded_ = true;
        kill(false);
    }
}

void run_session::finish() {
    if (interaction_) interaction_->take_terminal();
    for (auto& [o, which] : {std::pair(&out_, stream::out), std::pair(&err_, stream::err)}) {
        for (int i = 0; o->pipe.is_open() && i < last_reads; ++i) {
            errno = 0;
            if (!read_available(*o, which) || errno == EAGAIN) break;
        }
    }
    end(facts());
}

run_facts run_session::facts() {
    run_facts f;
    if (WIFEXITED(reply_.wait_status)) {
        f.exit_code = WEXITSTATUS(reply_.wait_status);
    } else {
        f.signal = WTERMSIG(reply_.wait_status);
    }
    f.wall_time_exceeded = reply_.wall_exceeded != 0;
    f.cpu_time_exceeded = reply_.cpu_exceeded != 0 || f.signal == SIGXCPU;
    f.memory_exceeded = reply_.memory_exceeded != 0;
    f.processes_exceeded = reply_.processes_exceeded != 0;
    f.output_exceeded = is_output_exceeded_;
    f.file_size_exceeded = f.signal == SIGXFSZ;
    f.was_killed_by_request = was_killed_by_request_ && reply_.killed_by_request != 0;
    f.cpu_us = reply_.cpu_us;
    f.wall_us = reply_.wall_us;
    f.memory_peak_bytes = reply_.memory_peak_bytes;
    if (reply_.collect_errno != 0) {
        f.collect_refused = describe_step(
            static_cast<std::uint32_t>(setup_step::collect_files),
            static_cast<std::int32_t>(reply_.collect_errno)
        );
    }
    f.out = std::move(out_.kept);
    f.err = std::move(err_.kept);
    f.out_truncated = out_.is_truncated;
    f.err_truncated = err_.is_truncated;
    return f;
}

void run_session::end(result<run_facts> outcome) {
    if (is_over_) return;
    is_over_ = true;
    outcome_ = std::move(outcome);
    boost::system::error_code ignored;
    out_.pipe.close(ignored);
    err_.pipe.close(ignored);
    if (interaction_) interaction_->close();
    done_.cancel();
}

}  // namespace sluice::sandbox
