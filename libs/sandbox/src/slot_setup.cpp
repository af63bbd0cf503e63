// Order matters: ids before mounts (the mounts belong to the slot's root user, not to host root),
// the limit on nested user namespaces while a writable /proc/sys is still in sight, the old root
// detached before the new one is sealed, and the cgroup namespace last, when the manager already
// sits in its cgroup.
#include "slot_setup.hpp"

#include "capabilities.hpp"
#include "fd_message.hpp"
#include "small_io.hpp"
#include "step_egress.hpp"
#include "step_mounts.hpp"
#include "trace.hpp"
#include "walls.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::sandbox {

namespace {

// While descriptors are being put in place they are parked above every number that is wanted.
constexpr int parking = 64;

step_error take_slot_ids(bool has_one_id) {
    // Without another id inside there is none to take. setgroups is denied there, and an exec by
    // somebody who is not uid 0 keeps no capability unless it is told to.
    if (has_one_id) return keep_capabilities_over_exec();
    if (::setgroups(0, nullptr) < 0 || ::setresgid(0, 0, 0) < 0 || ::setresuid(0, 0, 0) < 0) {
        return {setup_step::take_slot_ids, errno};
    }
    return {};
}

step_error die_with_launcher() {
    // A change of ids clears it, so this comes after them.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return {setup_step::die_with_launcher, errno};
    return {};
}

// A second wall behind the system-call filter: the kernel's own count of nested user namespaces is
// zero. It needs a /proc with sys in it for a moment; it goes before the root is sealed.
step_error forbid_user_namespaces() {
    if (!stands(wall::user_namespace_limit) || !stands(wall::user_namespace)) return {};
    if (write_file_at(AT_FDCWD, "/.old/proc/sys/user/max_user_namespaces", "0") < 0) {
        return {setup_step::forbid_user_namespaces, errno};
    }
    return {};
}

step_error seal_root() {
    if (stands(wall::old_root_detached) &&
        (::umount2("/.old", MNT_DETACH) < 0 || ::rmdir("/.old") < 0)) {
        return {setup_step::detach_old_root, errno};
    }
    mount_attr attr{};
    attr.attr_set = seal_attributes();
    if (::syscall(SYS_mount_setattr, AT_FDCWD, "/", 0U, &attr, sizeof attr) < 0) {
        return {setup_step::seal_root, errno};
    }
    // Inside the new root, or not at all.
    std::array<char, 64> where{};
    if (::chdir("/") < 0 || ::getcwd(where.data(), where.size()) == nullptr ||
        std::string_view(where.data()) != "/") {
        return {setup_step::seal_root, errno};
    }
    return {};
}

int place(int from, int to) {
    return ::dup3(from, to, 0);
}

// Exactly: 0 and 1 null, 2 the log, 3 the service, 10.. the cgroup files, and with network::egress
// the way to the relay and its rules. Everything else is closed.
step_error place_descriptors(const slot_setup& setup, int& executable, int& release_pipe) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    static_assert(protocol::relay_fd == protocol::first_cgroup_fd + protocol::cgroup_fd_count);
    std::array<int, protocol::cgroup_fd_count + 2> passed{};
    const int socket = ::fcntl(setup.socket, F_DUPFD_CLOEXEC, parking);
    for (std::size_t i = 0; i < passed.size(); ++i) {
        const int fd = i < protocol::cgroup_fd_count    ? setup.cgroup->fds[i]
                       : i == protocol::cgroup_fd_count ? setup.relay
                                                        : setup.egress_rules;
        passed[i] = fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, parking);
    }
    executable = ::fcntl(setup.executable, F_DUPFD_CLOEXEC, parking);
    release_pipe = ::fcntl(setup.release_pipe, F_DUPFD_CLOEXEC, parking);
    if (null < 0 || socket < 0 || executable < 0 || release_pipe < 0) {
        return {setup_step::place_descriptors, errno};
    }
    if (place(null, 0) < 0 || place(null, 1) < 0 || place(socket, protocol::slot_socket_fd) < 0) {
        return {setup_step::place_descriptors, errno};
    }
    ::syscall(SYS_close_range, 4U, static_cast<unsigned>(parking - 1), 0U);
    for (std::size_t i = 0; i < passed.size(); ++i) {
        if (passed[i] < 0) continue;
        if (place(passed[i], protocol::first_cgroup_fd + static_cast<int>(i)) < 0) {
            return {setup_step::place_descriptors, errno};
        }
        ::close(passed[i]);
    }
    return {};
}

step_error become_slot(const slot_setup& setup, int release_pipe) {
    if (const step_error e = die_with_launcher()) return e;
    char released = 0;
    // The end of the pipe without the byte: the launcher failed and has said so itself.
    if (::read(release_pipe, &released, 1) != 1) ::_exit(1);
    ::setsid();
    // Above its jobs, so that a limit is enforced in time on a full machine.
    (void)::setpriority(PRIO_PROCESS, 0, -10);
    if (const step_error e = take_slot_ids(setup.has_one_id)) return e;
    if (const step_error e = die_with_launcher()) return e;
    if (const step_error e = build_slot_root(setup.read_only_paths)) return e;
    if (setup.reach == protocol::network::egress) {
        if (const step_error e = write_name_servers(setup.egress)) return e;
    }
    if (const step_error e = forbid_user_namespaces()) return e;
    at("manager.root_built");
    if (stands(wall::uts_namespace) && ::sethostname("sandbox", 7) < 0)
        return {setup_step::set_hostname, errno};
    if (const step_error e = seal_root()) return e;
    if (stands(wall::cgroup_namespace) && ::unshare(CLONE_NEWCGROUP) < 0)
        return {setup_step::unshare_cgroup, errno};
    return {};
}

}  // namespace

void set_up_slot(const slot_setup& setup) {
    int executable = -1;
    int release_pipe = -1;
    // The launcher ignores them (see launcher_main.cpp); programs must find them as usual.
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::signal(number, SIG_DFL);
    step_error e = place_descriptors(setup, executable, release_pipe);
    if (!e) e = become_slot(setup, release_pipe);
    if (!e) {
        char name[] = "sluice-slot-manager";
        char role[] = "--slot";
        char version[] = "v1";
        if (setup.version == cgroup_version::v2) version[1] = '2';
        if (setup.version == cgroup_version::none) version[1] = '0';
        char reach[] = "0";
        reach[0] = static_cast<char>('0' + static_cast<int>(setup.reach));
        char forks[] = "forks";
        char* const argv[] =
            {name, role, version, reach, setup.has_fork_server ? forks : nullptr, nullptr};
        at("manager.before_exec");
        ::syscall(SYS_execveat, executable, "", argv, wall_environment(), AT_EMPTY_PATH);
        e = {setup_step::exec_manager, errno};
    }
    protocol::slot_reply reply;
    reply.event = protocol::slot_event::failed;
    reply.step = static_cast<std::uint32_t>(e.step);
    reply.error_number = e.error_number;
    (void)send_struct(protocol::slot_socket_fd, reply);
    ::_exit(1);
}

}  // namespace sluice::sandbox
