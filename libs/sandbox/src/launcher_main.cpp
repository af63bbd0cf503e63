// The launcher: the only process that keeps the service's rights (root's, or its user's). It does
// three things: make cgroups, clone slot managers into new namespaces with mapped ids, and clean
// up. It reads nothing that an untrusted program could have written. When the service's end of the
// socket closes, it ends every slot and exits.
#include "fd_message.hpp"
#include "launcher_core.hpp"
#include "manager_roles.hpp"
#include "message_check.hpp"
#include "small_io.hpp"
#include "spare_launcher.hpp"
#include "trace.hpp"
#include "walls.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

namespace sluice::sandbox {

namespace {

constexpr int control_fd = 3;

bool receive_config(launcher_settings& settings) {
    std::vector<std::byte> buffer(sizeof(protocol::launcher_config) + protocol::max_path_bytes);
    received_message message;
    const long size = message.receive(control_fd, buffer);
    return size > 0 &&
           parse_launcher_config(std::span(buffer).first(static_cast<std::size_t>(size)), settings);
}

bool answer(const protocol::launcher_request& request, step_error e, int socket) {
    protocol::launcher_reply reply;
    reply.slot = request.slot;
    reply.serial = request.serial;
    reply.step = static_cast<std::uint32_t>(e.step);
    reply.error_number = e.error_number;
    const std::span<const int> fds(&socket, e ? 0 : 1);
    return send_struct(control_fd, reply, fds) == 0;
}

bool say_that_requests_are_lost() {
    protocol::launcher_reply reply;
    reply.step = static_cast<std::uint32_t>(setup_step::protocol);
    reply.error_number = ESRCH;
    return send_struct(control_fd, reply) == 0;
}

// False when the service has left, or does not speak our language.
bool serve_one(slot_opener& core) {
    protocol::launcher_request request;
    received_message message;
    const long size = message.receive(control_fd, std::as_writable_bytes(std::span(&request, 1)));
    if (size <= 0 || !is_valid(request, size, message.fd_count(), core.slot_count())) return false;
    int socket = -1;
    const step_error e = core.open_slot(request.slot, request.reach, socket);
    at("launcher.before_answer");
    const bool is_sent = answer(request, e, socket);
    if (socket >= 0) ::close(socket);
    return is_sent;
}

// What the launcher before us left. Its managers died with it, their runs with them.
std::unique_ptr<slot_opener>
take_over(const std::function<std::unique_ptr<slot_opener>()>& make, pid_t dead) {
    auto core = make();
    if (dead > 0) core->remove_what_is_left_of(dead);
    return core;
}

}  // namespace

int serve_slots(const std::function<std::unique_ptr<slot_opener>()>& make) {
    spare_launcher spare;
    pid_t dead = spare.make();
    auto core = take_over(make, dead);
    bool is_good = dead == 0 || say_that_requests_are_lost();
    while (is_good) {
        std::array<pollfd, 2> wanted{
            pollfd{control_fd, POLLIN, 0},
            pollfd{spare.handle(), POLLIN, 0}};
        if (::poll(wanted.data(), wanted.size(), -1) < 0) {
            is_good = errno == EINTR;
        } else if (wanted[1].revents != 0) {
            dead = spare.make();
            if (dead == 0) continue;
            core = take_over(make, dead);
            is_good = say_that_requests_are_lost();
        } else {
            is_good = serve_one(*core);
        }
    }
    spare.end();
    core->close_all();
    return 0;
}

namespace {

// The C library's own two, 32 and 33: posix_spawn leaves them ignored, programs would inherit that,
// and the library's functions refuse their numbers. For the system call all zeros are the default.
void take_back_internal_signals() {
    const std::array<std::uint64_t, 4> default_action{};
    for (const int number : {32, 33}) {
        (void)::syscall(SYS_rt_sigaction, number, default_action.data(), nullptr, 8UL);
    }
}

}  // namespace

void become_launcher() {
    take_back_internal_signals();
    ::prctl(PR_SET_DUMPABLE, 0);
    // A supervisor that stops a service signals all its processes; the runs in hand belong to the
    // service, which ends us by closing the socket when it has drained.
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::signal(number, SIG_IGN);
}

int launcher_main() {
    become_launcher();
    launcher_settings settings;
    if (!receive_config(settings)) {
        std::fputs("sluice-slot-manager: no valid configuration on descriptor 3\n", stderr);
        return 1;
    }
    return serve_slots([&] { return std::make_unique<launcher_core>(settings); });
}

}  // namespace sluice::sandbox
