// Tries what a sandbox needs, for real: cgroups are looked for, then one slot is set up from clone
// to the system-call filter and taken down again. Said in words, with advice.
#include "fd_message.hpp"
#include "landlock.hpp"
#include "launcher_core.hpp"
#include "manager_roles.hpp"
#include "small_io.hpp"
#include "weak_points.hpp"

#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sluice::sandbox {

namespace {

struct check_item {
    std::string name;
    bool is_ok;
    std::string found;
    std::string advice;
    bool is_needed_to_try = true;
};

struct check_options {
    bool for_machine = false;
    unsigned slots = 1;
    unsigned first_uid = 200000;
    std::string cgroup_parent = "auto";
};

const char* const delegate_advice =
    "delegate cgroups to the service: systemd Delegate=yes; without it a folder below each cgroup "
    "mount that belongs to its user, or a writable /sys/fs/cgroup in a container";

std::string version_in_use(const cgroup_findings& found) {
    const std::string rights = ::geteuid() == 0 ? "as root" : "delegated";
    if (found.is_v2_usable) return "v2 at " + found.bases.unified + ", " + rights;
    if (found.is_v1_usable) return "v1 at " + found.bases.memory + ", " + rights;
    if (found.mounts.unified.empty() && found.mounts.memory.empty()) return "none is mounted";
    return "no folder that uid " + std::to_string(::geteuid()) +
           " may use with the memory and pids controllers";
}

void check_cgroups(std::vector<check_item>& items, const cgroup_findings& found) {
    const auto where = [&](const std::string& mount, const std::string& base) {
        if (found.is_v2_usable) return "v2 at " + found.mounts.unified;
        if (mount.empty()) return std::string("not found");
        return base.empty() ? "v1 at " + mount + ", where we may not write" : "v1 at " + base;
    };
    const bool is_v2 = found.is_v2_usable;
    const bool is_usable = is_v2 || found.is_v1_usable;
    // What falls is said in full once it is a matter of doing without.
    const auto told = [&](std::size_t index, bool is_ok, std::string text) {
        const weak_point& weak = no_cgroup_weak_points[index];
        if (!is_usable) {
            text += std::string("; ") + weak.what_falls + "; what stands: " + weak.what_stands;
        }
        items.push_back({weak.name, is_ok, text, delegate_advice, false});
    };
    told(0, is_usable, version_in_use(found));
    const cgroup_mounts& at = found.mounts;
    const cgroup_mounts& bases = found.bases;
    told(1, is_usable && (is_v2 || !bases.memory.empty()), where(at.memory, bases.memory));
    told(2, is_usable && (is_v2 || !bases.pids.empty()), where(at.pids, bases.pids));
    told(3, is_usable && (is_v2 || !bases.cpuacct.empty()), where(at.cpuacct, bases.cpuacct));
    items.push_back(
        {"swap limit",
         found.has_swap_limit,
         found.has_swap_limit ? "no swap, or limited by cgroup" : "swap without a limit",
         "boot with swapaccount=1, or switch swap off",
         false}
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

// Which ids a run gets, and what falls where there are not enough of them (weak_points.hpp).
void check_ids(std::vector<check_item>& items, const check_options& options) {
    const id_plan plan = plan_ids(options.first_uid, options.slots);
    const char* const mode = plan.mode == id_mode::root          ? "as root, "
                             : plan.mode == id_mode::subid_range ? "without root, "
                                                                 : "without root or a range, ";
    const std::string advice =
        "install the package uidmap and give the service's user a range of " +
        std::to_string(2 * options.slots) +
        " ids in /etc/subuid and /etc/subgid, or start as root, or name this in "
        "sandbox.allow_weak";
    items.push_back(
        {"ids for sandboxes", plan.mode != id_mode::forbidden, mode + plan.words, advice}
    );
    const auto fallen = fallen_points(plan);
    for (const weak_point& weak : single_uid_weak_points) {
        const bool is_fallen =
            std::ranges::any_of(fallen, [&](const weak_point& w) { return &w == &weak; });
        items.push_back(
            {weak.name,
             !is_fallen,
             is_fallen ? std::string(weak.what_falls) + "; what stands: " + weak.what_stands
                       : "yes",
             advice,
             false}
        );
    }
}

void check_trial(std::vector<check_item>& items, const check_options& options) {
    launcher_core core(
        {.slots = 1,
         .first_uid = 4'000'000'000U,
         .may_use_single_uid = true,
         .may_run_without_cgroups = true,
         .cgroup_parent = options.cgroup_parent,
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

std::optional<check_options> read_options(std::span<char* const> arguments) {
    check_options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--machine") {
            options.for_machine = true;
            continue;
        }
        if (++i == arguments.size()) return std::nullopt;
        const auto number = first_number(arguments[i]);
        if (name == "--cgroup-parent") {
            options.cgroup_parent = arguments[i];
        } else if (name == "--slots" && number) {
            options.slots = static_cast<unsigned>(*number);
        } else if (name == "--first-uid" && number) {
            options.first_uid = static_cast<unsigned>(*number);
        } else {
            return std::nullopt;
        }
    }
    return options;
}

}  // namespace

int self_check_main(std::span<char* const> arguments) {
    const std::optional<check_options> options = read_options(arguments);
    if (!options) {
        std::fputs("sluice-slot-manager: unknown option after --self-check\n", stderr);
        return 2;
    }
    std::vector<check_item> items;
    check_host(items);
    check_ids(items, *options);
    check_cgroups(items, find_cgroups(options->cgroup_parent));
    check_landlock(items);
    const bool can_try = std::ranges::all_of(items, [](const check_item& item) {
        return item.is_ok || !item.is_needed_to_try;
    });
    if (can_try) check_trial(items, *options);
    bool is_safe = true;
    for (const check_item& item : items) {
        is_safe = is_safe && item.is_ok;
        if (options->for_machine) {
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
    if (!options->for_machine)
        std::puts(is_safe ? "safe to run sandboxes" : "NOT safe to run sandboxes");
    return is_safe ? 0 : 1;
}

}  // namespace sluice::sandbox
