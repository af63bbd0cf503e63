// Cloning a slot manager: all namespaces at once, then the launcher maps the slot's two ids, puts
// the child into its cgroups and only then releases it. Host uid 0 is never mapped: what breaks out
// of a slot is an unprivileged uid that owns nothing.
#include "launcher_core.hpp"

#include "egress_relay.hpp"
#include "slot_setup.hpp"
#include "small_io.hpp"
#include "trace.hpp"
#include "walls.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::sandbox {

namespace {

unsigned long slot_namespaces() {
    unsigned long flags = CLONE_NEWPID | CLONE_NEWNS;
    if (stands(wall::user_namespace)) flags |= CLONE_NEWUSER;
    if (stands(wall::net_namespace)) flags |= CLONE_NEWNET;
    if (stands(wall::uts_namespace)) flags |= CLONE_NEWUTS;
    if (stands(wall::ipc_namespace)) flags |= CLONE_NEWIPC;
    return flags;
}

}  // namespace

launcher_core::launcher_core(launcher_settings settings)
    : settings_(std::move(settings))
    , ids_(plan_ids(settings_.first_uid, settings_.slots, settings_.egress.empty() ? 2 : 3))
    , cgroups_(make_cgroup_host(find_cgroups(settings_.cgroup_parent), settings_.cpu_percent))
    , managers_(settings_.slots, -1)
    , relays_(settings_.slots, -1)
    , executable_(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)) {
    if (!cgroups_ && settings_.may_run_without_cgroups) cgroups_ = make_cgroup_host_none();
}

launcher_core::~launcher_core() {
    if (executable_ >= 0) ::close(executable_);
}

void launcher_core::end_relay(unsigned slot) {
    if (relays_[slot] < 0) return;
    ::kill(relays_[slot], SIGKILL);
    while (::waitpid(relays_[slot], nullptr, 0) < 0 && errno == EINTR) {
    }
    relays_[slot] = -1;
}

// The rules go to the manager as a file, since it executes itself anew and remembers nothing.
step_error launcher_core::open_way_out(unsigned slot, int& relay, int& rules) {
    if (settings_.egress.empty()) return {setup_step::start_relay, EACCES};
    const std::size_t size = settings_.egress.size() * sizeof settings_.egress[0];
    rules = static_cast<int>(::syscall(SYS_memfd_create, "egress", 1U));
    if (rules < 0 || ::write(rules, settings_.egress.data(), size) != static_cast<ssize_t>(size)) {
        return {setup_step::start_relay, errno};
    }
    const unsigned uid =
        ids_.mode == id_mode::single ? ids_.first_uid : ids_.first_uid + 2 * settings_.slots + slot;
    return start_relay(ids_, uid, settings_.egress, relay, relays_[slot]);
}

void launcher_core::end_manager(unsigned slot) {
    end_relay(slot);
    if (managers_[slot] < 0) return;
    // The manager is PID 1 of its namespace: its end is the end of everything below it, and the
    // wait returns only when all of that is gone.
    ::kill(managers_[slot], SIGKILL);
    while (::waitpid(managers_[slot], nullptr, 0) < 0 && errno == EINTR) {
    }
    managers_[slot] = -1;
    cgroups_->remove_slot(slot);
}

step_error launcher_core::open_slot(unsigned slot, protocol::network reach, int& socket) {
    if (!cgroups_) return {setup_step::create_cgroup, ENODEV};
    reload_walls();
    at("launcher.before_open");
    if (ids_.mode == id_mode::single && !settings_.may_use_single_uid) {
        return {setup_step::map_ids, EPERM};
    }
    end_manager(slot);
    slot_cgroup_fds fds;
    step_error e = cgroups_->open_slot(slot, ids_, fds);
    int sockets[2] = {-1, -1};
    int release[2] = {-1, -1};
    if (!e && (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 ||
               ::pipe2(release, O_CLOEXEC) < 0)) {
        e = {setup_step::make_slot_socket, errno};
    }
    int relay = -1;
    int rules = -1;
    if (!e && reach == protocol::network::egress) e = open_way_out(slot, relay, rules);
    if (!e) {
        at("launcher.before_clone");
        const pid_t child = clone_for_mapping(ids_, slot_namespaces());
        if (child == 0) {
            ::close(release[1]);
            const slot_setup setup{
                slot,
                sockets[1],
                release[0],
                executable_,
                cgroups_->version(),
                reach,
                ids_.mode == id_mode::single,
                &fds,
                settings_.read_only_paths,
                relay,
                rules,
                settings_.egress,
                settings_.has_fork_servers && ids_.mode != id_mode::single &&
                    reach == protocol::network::none &&
                    cgroups_->version() != cgroup_version::none};
            set_up_slot(setup);
        }
        if (child < 0) {
            e = {setup_step::clone_slot, errno};
        } else {
            managers_[slot] = child;
            at("launcher.cloned");
            if (stands(wall::user_namespace)) e = map_ids(ids_, slot, child);
            if (!e) e = cgroups_->admit(slot, child);
            at("launcher.admitted");
            if (!e && ::write(release[1], "x", 1) != 1) e = {setup_step::clone_slot, errno};
        }
    }
    for (const int fd : {sockets[1], release[0], release[1], relay, rules}) {
        if (fd >= 0) ::close(fd);
    }
    for (const int fd : fds.fds) {
        if (fd >= 0) ::close(fd);
    }
    if (e) {
        if (sockets[0] >= 0) ::close(sockets[0]);
        end_manager(slot);
        cgroups_->remove_slot(slot);  // also what was made for a manager that never came to be
        return e;
    }
    socket = sockets[0];
    return {};
}

void launcher_core::remove_what_is_left_of(pid_t launcher) {
    if (cgroups_) cgroups_->remove_launcher(launcher);
}

void launcher_core::close_all() {
    for (unsigned slot = 0; slot < settings_.slots; ++slot)
        end_manager(slot);
    if (cgroups_) cgroups_->remove_all();
}

}  // namespace sluice::sandbox
