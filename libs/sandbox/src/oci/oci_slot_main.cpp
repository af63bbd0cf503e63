// The manager of a slot whose runs are containers. A runtime needs root of the host, so the manager
// keeps it, but behind walls of its own: PID 1 of a pid namespace (its end is the end of every
// container below it), a private mount tree with a fresh /run (nothing of a container is left on
// the host), a network namespace without a network. It takes the fixed requests of protocol.hpp
// from the service and nothing else; a program reaches it only through init's fixed-size events.
#include "../fd_message.hpp"
#include "../run_supervisor.hpp"
#include "../slot_serve.hpp"
#include "board_file.hpp"
#include "container.hpp"
#include "oci_roles.hpp"
#include "rootfs.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::sandbox::oci {

namespace {

// The service's socket as 3, the log as 2, and no other descriptor.
step_error place_descriptors(int socket) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(null, 1) < 0 ||
        (socket != protocol::slot_socket_fd && ::dup2(socket, protocol::slot_socket_fd) < 0)) {
        return {setup_step::place_descriptors, errno};
    }
    ::fcntl(protocol::slot_socket_fd, F_SETFD, FD_CLOEXEC);
    ::syscall(SYS_close_range, protocol::slot_socket_fd + 1U, ~0U, 0U);
    return {};
}

step_error private_mounts() {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) < 0 ||
        ::mount("sluice", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m") < 0) {
        return {setup_step::private_mounts, errno};
    }
    return {};
}

// On a hybrid host the limits are in version 1. crun refuses to work when the version 2 mount
// beside it has a controller of its own, needed or not; in our mount tree it is not there.
void hide_unused_cgroups() {
    const cgroup_findings found = find_cgroups("auto");
    if (found.is_v2_usable || found.mounts.unified.empty()) return;
    (void)::umount2(found.mounts.unified.c_str(), MNT_DETACH);
}

// A copy in memory: the container's users cannot see the folder that the binary lies in.
step_error copy_init() {
    const owned_fd from(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    const owned_fd to(::open(init_file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
    struct stat info {};
    if (!from || !to || ::fstat(from.get(), &info) < 0 || ::fchmod(to.get(), 0755) < 0) {
        return {setup_step::write_bundle, errno};
    }
    for (off_t at = 0; at < info.st_size;) {
        const auto left = static_cast<std::size_t>(info.st_size - at);
        if (::sendfile(to.get(), from.get(), &at, left) <= 0) {
            return {setup_step::write_bundle, errno};
        }
    }
    return {};
}

step_error make_folders() {
    ::umask(022);
    for (const char* folder : {work_folder, bundle_folder, state_folder}) {
        if (::mkdir(folder, 0755) < 0) return {setup_step::write_bundle, errno};
    }
    return {};
}

step_error set_up(const oci_settings& settings, unsigned slot, int socket) {
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::signal(number, SIG_DFL);
    if (const step_error e = place_descriptors(socket)) return e;
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return {setup_step::die_with_launcher, errno};
    ::setsid();
    // Above its jobs, so that a limit is enforced in time on a full machine.
    (void)::setpriority(PRIO_PROCESS, 0, -10);
    if (const step_error e = private_mounts()) return e;
    hide_unused_cgroups();
    if (const step_error e = make_folders()) return e;
    if (const step_error e = copy_init()) return e;
    return build_rootfs(settings.read_only_paths, settings.first_uid + 2 * slot);
}

}  // namespace

void oci_slot_main(const oci_settings& settings, unsigned slot, int socket) {
    step_error e = set_up(settings, slot, socket);
    owned_fd board_file;
    run_board* board = e ? nullptr : make_board_file(board_file);
    if (!e && board == nullptr) e = {setup_step::make_run_socket, errno};
    protocol::slot_reply reply;
    if (e) {
        reply.event = protocol::slot_event::failed;
        reply.step = static_cast<std::uint32_t>(e.step);
        reply.error_number = e.error_number;
        (void)send_struct(protocol::slot_socket_fd, reply);
        ::_exit(1);
    }
    constexpr auto reach = protocol::network::none;
    container runs(settings, slot, board_file.get());
    run_supervisor supervisor(protocol::slot_socket_fd, runs, {board, 1}, reach, &runs);
    if (!supervisor.answer(reply)) ::_exit(1);
    ::_exit(serve_slot(supervisor, reach));
}

}  // namespace sluice::sandbox::oci
