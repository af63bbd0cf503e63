// Tries what a sandbox needs, for real: cgroups are looked for, then one slot is set up from clone
// to the system-call filter and taken down again. Said in words, with advice.
#include "fd_message.hpp"
#include "landlock.hpp"
#include "launcher_core.hpp"
#include "manager_roles.hpp"
#include "small_io.hpp"

#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

namespace sluice::sandbox {

namespace {

struct check_item {
    std::string name;
    bool is_ok;
    std::string found;
    std::string advice;
};

void check_cgroups(std::vector<check_item>& items) {
    const cgroup_findings found = find_cgroups();
    const cgroup_mounts& m = found.mounts;
    const auto where = [&](const std::string& v1) {
        if (found.is_v2_usable) return "v2 at " + m.unified;
        return v1.empty() ? std::string("not found") : "v1 at " + v1;
    };
    const bool is_v2 = found.is_v2_usable;
    items.push_back(
        {"cgroup memory controller",
         is_v2 || !m.memory.empty(),
         where(m.memory),
         "mount cgroup v2 with the memory controller, or delegate it (systemd: Delegate=yes)"}
    );
    items.push_back(
        {"cgroup pids controller",
         is_v2 || !m.pids.empty(),
         where(m.pids),
         "mount cgroup v2 with the pids controller, or delegate it (systemd: Delegate=yes)"}
    );
    items.push_back(
        {"cgroup cpu accounting",
         is_v2 || !m.cpuacct.empty(),
         where(m.cpuacct),
         "mount cgroup v2 or the v1 cpuacct controller"}
    );
    items.push_back(
        {"swap limit",
         found.has_swap_limit,
         found.has_swap_limit ? "no swap, or limited by cgroup" : "swap without a limit",
         "boot with swapaccount=1, or switch swap off"}
    );
}

void check_host(std::vector<check_item>& items) {
    utsname host{};
    ::uname(&host);
    items.push_back(
        {"architecture",
         std::string_view(host.machine) == "x86_64" || std::string_view(host.machine) == "aarch64",
         host.machine,
         "there are system-call tables for x86_64 and aarch64"}
    );
    const bool is_root = ::geteuid() == 0;
    items.push_back(
        {"privilege to build sandboxes",
         is_root,
         is_root ? "root" : "uid " + std::to_string(::geteuid()),
         "start the execution service as root; it drops its rights after its launcher is up"}
    );
    const std::string spaces = read_whole_file("/proc/sys/user/max_user_namespaces");
    const bool has_spaces = !spaces.empty() && spaces != "0\n";
    items.push_back(
        {"user namespaces",
         has_spaces,
         has_spaces ? "allowed" : "forbidden",
         "sysctl user.max_user_namespaces=10000"}
    );
}

// A second wall: told, not demanded.
void check_landlock(std::vector<check_item>& items) {
    const int version = landlock_version();
    items.push_back(
        {"landlock",
         true,
         version > 0 ? "ABI " + std::to_string(version)
                     : "not in this kernel: the read-only root stands alone",
         ""}
    );
}

std::string wait_ready(int socket) {
    const timeval patience{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    protocol::slot_reply reply;
    received_message message;
    const long size = message.receive(socket, std::as_writable_bytes(std::span(&reply, 1)));
    if (size != sizeof reply) return "the slot manager ended without a word";
    if (reply.event == protocol::slot_event::ready) return {};
    return describe_step(reply.step, reply.error_number);
}

void check_trial(std::vector<check_item>& items) {
    launcher_core core(
        {.slots = 1,
         .first_uid = 4'000'000'000U,
         .cgroup_parent = "auto",
         .read_only_paths = {"/usr"}}
    );
    int socket = -1;
    const step_error e = core.open_slot(0, protocol::network::none, socket);
    const std::string problem =
        e ? describe_step(static_cast<std::uint32_t>(e.step), e.error_number) : wait_ready(socket);
    if (socket >= 0) ::close(socket);
    core.close_all();
    items.push_back(
        {"sandbox set-up",
         problem.empty(),
         problem.empty() ? "one slot set up and removed" : problem,
         "in a container: allow user namespaces and mounts (seccomp and /proc unmasked), and a "
         "writable /sys/fs/cgroup; see docs/operations.md"}
    );
}

}  // namespace

int self_check_main(bool for_machine) {
    std::vector<check_item> items;
    check_host(items);
    check_cgroups(items);
    check_landlock(items);
    bool is_safe = true;
    for (const check_item& item : items)
        is_safe = is_safe && (item.is_ok || item.name == "swap limit");
    if (is_safe) check_trial(items);
    is_safe = true;
    for (const check_item& item : items) {
        is_safe = is_safe && item.is_ok;
        if (for_machine) {
            std::printf(
                "%s\t%d\t%s\t%s\n",
                item.name.c_str(),
                item.is_ok ? 1 : 0,
                item.found.c_str(),
                item.advice.c_str()
            );
        } else {
            std::printf(
                "%-4s %-30s %s\n",
                item.is_ok ? "ok" : "NO",
                item.name.c_str(),
                item.found.c_str()
            );
            if (!item.is_ok) std::printf("     -> %s\n", item.advice.c_str());
        }
    }
    if (!for_machine) std::puts(is_safe ? "safe to run sandboxes" : "NOT safe to run sandboxes");
    return is_safe ? 0 : 1;
}

}  // namespace sluice::sandbox
