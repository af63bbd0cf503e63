// The launcher: the only process that keeps root's rights. It does three things: make cgroups,
// clone slot managers into new namespaces with mapped ids, and clean up. It reads nothing that an
// untrusted program could have written. When the service's end of the socket closes, it ends every
// slot and exits.
#include "fd_message.hpp"
#include "launcher_core.hpp"
#include "manager_roles.hpp"
#include "message_check.hpp"
#include "small_io.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

bool answer(unsigned slot, step_error e, int socket) {
    protocol::launcher_reply reply;
    reply.slot = slot;
    reply.step = static_cast<std::uint32_t>(e.step);
    reply.error_number = e.error_number;
    const std::span<const int> fds(&socket, e ? 0 : 1);
    return send_struct(control_fd, reply, fds) == 0;
}

}  // namespace

int launcher_main() {
    ::prctl(PR_SET_DUMPABLE, 0);
    // A supervisor that stops a service signals all its processes; the runs in hand belong to the
    // service, which ends us by closing the socket when it has drained.
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::signal(number, SIG_IGN);
    launcher_settings settings;
    if (!receive_config(settings)) {
        std::fputs("sluice-slot-manager: no valid configuration on descriptor 3\n", stderr);
        return 1;
    }
    launcher_core core(std::move(settings));
    for (;;) {
        protocol::launcher_request request;
        received_message message;
        const long size =
            message.receive(control_fd, std::as_writable_bytes(std::span(&request, 1)));
        if (size <= 0) break;
        if (!is_valid(request, size, message.fd_count(), core.slot_count())) break;
        int socket = -1;
        const step_error e = core.open_slot(request.slot, socket);
        const bool is_sent = answer(request.slot, e, socket);
        if (socket >= 0) ::close(socket);
        if (!is_sent) break;
    }
    core.close_all();
    return 0;
}

}  // namespace sluice::sandbox
