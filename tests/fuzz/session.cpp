// A service's side of a run against a manager that says anything: the input is a list of messages
// with descriptors of any kind and of output. The session must come to an end by itself, keep at
// most the agreed output and never throw.
#include "fd_message.hpp"
#include "fuzz.hpp"
#include "run_session.hpp"

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

using namespace sluice;
using namespace sluice::sandbox;

namespace {

struct seen {
    std::size_t out = 0, err = 0;
    int starts = 0;
};

// The read end of a pipe that holds some output, or something that is no pipe.
int make_descriptor(fuzz::input& in) {
    const std::uint8_t kind = in.byte();
    if (kind >= 0xf0) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (kind >= 0xe0) return ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) < 0) return -1;
    const std::vector<char> output(kind, 'x');
    (void)!::write(ends[1], output.data(), output.size());
    ::close(ends[1]);
    return ends[0];
}

void send_one(int socket, fuzz::input& in) {
    const std::uint8_t shape = in.byte();
    std::vector<int> fds;
    for (int i = 0; i < (shape & 3); ++i) {
        const int fd = make_descriptor(in);
        if (fd >= 0) fds.push_back(fd);
    }
    protocol::slot_reply reply;
    reply.event = static_cast<protocol::slot_event>(1 + (shape >> 2 & 3));
    in.patch(reply);
    const auto size = static_cast<std::size_t>(std::max(0L, in.size_of(sizeof reply)));
    const message_part part{&reply, std::min(size, sizeof reply)};
    (void)send_message(socket, std::span(&part, 1), fds);
    for (const int fd : fds)
        ::close(fd);
}

run_request make_request(fuzz::input& in, seen& s) {
    run_request request;
    const std::uint8_t options = in.byte();
    if ((options & 1) != 0) request.collect = collect_spec{"out", 1 << 20, 16};
    if ((options & 2) != 0) request.on_output_limit = output_policy::drain;
    request.limits.output_bytes = 1 + in.byte();
    request.on_output = [&s](stream which, std::string_view piece) {
        (which == stream::out ? s.out : s.err) += piece.size();
    };
    request.on_started = [&s] { ++s.starts; };
    return request;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto ignored = ::signal(SIGPIPE, SIG_IGN);
    (void)ignored;
    fuzz::input in(data, size);
    int ends[2] = {-1, -1};
    fuzz::require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    seen s;
    const run_request request = make_request(in, s);
    for (int i = 0; i < 16 && !in.is_empty(); ++i)
        send_one(ends[1], in);
    ::shutdown(ends[1], SHUT_WR);

    asio::io_context io;
    asio::posix::stream_descriptor manager(io, ends[0]);
    auto session = std::make_shared<run_session>(
        manager,
        request,
        output_ends{unique_fd(make_descriptor(in)), unique_fd(make_descriptor(in))}
    );
    session->start();
    io.run();
    fuzz::require(session->is_over() && s.starts <= 1);
    const auto most = static_cast<std::size_t>(request.limits.output_bytes);
    fuzz::require(s.out <= most && s.err <= most);
    const auto facts = session->take_outcome();
    if (facts) {
        fuzz::require(facts->exit_code.has_value() != facts->signal.has_value());
        fuzz::require(facts->out.size() == s.out && facts->err.size() == s.err);
        fuzz::require(!session->has_artefacts() || request.collect.has_value());
    }
    ::close(ends[1]);
    return 0;
}
