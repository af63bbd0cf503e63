// The slot manager: one per slot, single-threaded, PID 1 of the slot's pid namespace, without any
// right in the host. It takes one request at a time from the service and believes nothing that a
// program did; the service in turn believes only fixed-size replies.
#include "capabilities.hpp"
#include "fd_message.hpp"
#include "fork_server.hpp"
#include "manager_roles.hpp"
#include "message_check.hpp"
#include "run_supervisor.hpp"
#include "seccomp_program.hpp"
#include "slot_serve.hpp"
#include "step_rlimits.hpp"
#include "trace.hpp"
#include "walls.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::sandbox {

namespace {

step_error drop_bounding_set() {
    // It leaves our own permitted set alone; what it stops is that any exec could ever give one
    // back.
    if (!stands(wall::bounding_set) || !stands(wall::capabilities)) return {};
    for (int capability = 0; capability < 64; ++capability) {
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
        if (errno == EINVAL) return {};  // past the last one that this kernel knows
        return {setup_step::drop_bounding_set, errno};
    }
    return {};
}

// Once per slot, inherited by every job: the filter leaves mount and clone to the capability check,
// which the manager passes and a job does not. On v2 init is made by clone3, which the filter
// refuses, and with network::egress init sets up routes, so it is installed there by init itself
// (see init_main.cpp).
step_error lock_down(cgroup_version version, protocol::network reach) {
    if ((stands(wall::non_dumpable) && ::prctl(PR_SET_DUMPABLE, 0) < 0) ||
        (stands(wall::no_new_privs) && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)) {
        return {setup_step::no_new_privs, errno};
    }
    if (version != cgroup_version::v2 && reach != protocol::network::egress &&
        stands(wall::filter) && seccomp::install(seccomp::compile(seccomp::native(), reach)) < 0) {
        return {setup_step::install_seccomp, errno};
    }
    return {};
}

}  // namespace

int serve_slot(run_supervisor& supervisor, protocol::network reach) {
    static std::array<std::byte, sizeof(protocol::slot_request) + protocol::max_command_bytes>
        buffer;
    for (;;) {
        supervisor.prewarm();
        at("manager.idle");
        supervisor.idle();
        received_message message;
        const long size = message.receive(protocol::slot_socket_fd, buffer);
        if (size <= 0) return 0;
        protocol::slot_request request;
        if (size < static_cast<long>(sizeof request)) return 1;
        std::memcpy(&request, buffer.data(), sizeof request);
        if (request.verb == protocol::slot_verb::forget && size == sizeof request) {
            supervisor.forget_warm();
            continue;
        }
        if (request.verb == protocol::slot_verb::forget_forks && size == sizeof request) {
            supervisor.forget_forks();
            continue;
        }
        // A kill that crossed the end of its run.
        if (request.verb == protocol::slot_verb::kill && size == sizeof request) continue;
        at("manager.got_request");
        if (!is_valid(request, size, message.fd_count()) || request.reach != reach) {
            if (!supervisor.refuse({setup_step::protocol, EBADMSG})) return 1;
            continue;
        }
        if (request.verb == protocol::slot_verb::prepare) {
            supervisor.keep_warm(std::span(buffer).first(static_cast<std::size_t>(size)), message);
            continue;
        }
        if (request.verb == protocol::slot_verb::serve_forks) {
            supervisor.serve_forks(
                std::span(buffer).first(static_cast<std::size_t>(size)),
                message
            );
            continue;
        }
        if (!supervisor
                 .run(request, std::span(buffer).first(static_cast<std::size_t>(size)), message))
            return 0;
    }
}

int slot_main(cgroup_version version, protocol::network reach, bool has_forks) {
    const std::unique_ptr<cgroup_meter> meter = make_cgroup_meter(version);
    if (version == cgroup_version::none) hold_by_rlimits_alone();
    step_error e = meter->start();
    if (!e) e = set_fixed_rlimits();
    fork_server forks;
    // From before the manager gives up what such a server needs.
    if (!e && has_forks) e = forks.start_keeper(reach);
    if (!e) e = drop_bounding_set();
    if (!e) e = stop_inheriting_capabilities();
    if (!e) e = lock_down(version, reach);
    at("manager.before_ready");
    const std::span<run_board> boards = run_board::map();
    if (!e && boards.empty()) e = {setup_step::make_run_socket, errno};
    protocol::slot_reply reply;
    if (e) {
        reply.event = protocol::slot_event::failed;
        reply.step = static_cast<std::uint32_t>(e.step);
        reply.error_number = e.error_number;
        (void)send_struct(protocol::slot_socket_fd, reply);
        return 1;
    }
    run_supervisor supervisor(protocol::slot_socket_fd, *meter, boards, reach);
    if (has_forks) supervisor.use(forks);
    if (!supervisor.answer(reply)) return 1;
    return serve_slot(supervisor, reach);
}

}  // namespace sluice::sandbox
