// What does not hold where one uid is mapped alone (no root, and no range in /etc/subuid), and what
// does not without cgroups, in two tables: the self-check shows these, an operator must name each
// in allow_weak, and the attack suite run that way expects these to differ and nothing else.
#pragma once

#include "id_map.hpp"

#include <span>

namespace sluice::sandbox {

struct weak_point {
    const char* name;         // as in allow_weak
    const char* what_falls;   // said when it does not hold
    const char* what_stands;  // why a run is still contained
    bool is_always;           // or it depends on the service's groups
};

inline constexpr weak_point single_uid_weak_points[] = {
    {"a uid per slot",
     "programs run as the service's own uid: an escape would land there, and the kernel's counts "
     "per user (pipe pages, descriptors in flight) are shared by all slots",
     "pid, mount, net, ipc and user namespaces, cgroups, the filter; other slots cannot be named",
     true},
    {"another uid for PID 1",
     "init and the program have one uid: its signals are accepted, and change nothing",
     "PID 1 ignores every signal from inside; it is not dumpable and holds capabilities that the "
     "program has not, so /proc/1, ptrace and process_vm stop at it; prlimit of others is refused",
     true},
    {"no supplementary groups",
     "groups of the service's user cannot be given up where setgroups is denied",
     "what only they may read must not be among the read-only paths",
     false},
};

// What does not hold without usable cgroups. These are the self-check's own items.
inline constexpr weak_point no_cgroup_weak_points[] = {
    {"cgroups",
     "limits hold each process (rlimits); what a run uses together is looked at every 10 ms, and "
     "slot_cpu_percent has no effect",
     "namespaces, ids, the filter, Landlock, the wall limit; kill ends the whole pid namespace",
     true},
    {"cgroup memory controller",
     "a run may be above its limit for 10 ms; anonymous files that nobody maps, buffers of pipes "
     "and sockets, page tables and the files of /box are counted by nobody",
     "the sum of the processes' memory is looked at, RLIMIT_DATA holds each, /box has its size",
     true},
    {"cgroup pids controller",
     "RLIMIT_NPROC holds the number of processes, and no verdict says that it was reached",
     "it counts in the slot's own user namespace",
     true},
    {"cgroup cpu accounting",
     "children that end within 10 ms and whose parent ignores SIGCHLD are counted by nobody, the "
     "others' times to 10 ms",
     "what lives is read to the microsecond, RLIMIT_CPU holds each process, the wall limit all",
     true},
};

// The ones that hold for this plan and this process's groups are not in it.
std::span<const weak_point> fallen_points(const id_plan& plan);

}  // namespace sluice::sandbox
