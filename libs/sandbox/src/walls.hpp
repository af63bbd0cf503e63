// Every protection that the tests take away to see what it is worth has a name here. In the product
// each `stands()` is the constant true and each `at()` is nothing, so all of it is optimised away;
// only sluice-slot-manager-weak, which is built for the tests and never installed, is compiled with
// SLUICE_TEST_WALLS and can leave walls out (tests/security/walls.cpp says how it is told).
#pragma once

namespace sluice::sandbox {

// clang-format off
#define SLUICE_WALLS(X)                                                                            \
    /* kernel surface */                                                                           \
    X(filter) X(user_namespace_limit) X(landlock)                                                              \
    /* namespaces */                                                                               \
    X(user_namespace) X(pid_namespace) X(net_namespace) X(egress_rules) X(ipc_namespace) X(uts_namespace)          \
    X(cgroup_namespace)                                                                            \
    /* the tree of files */                                                                        \
    X(old_root_detached) X(read_only_root) X(nosuid) X(nodev) X(proc_subset) X(own_devices) X(own_terminal) \
    X(own_etc) X(box_bytes) X(box_inodes)                                             \
    /* identity */                                                                                 \
    X(job_uid) X(non_dumpable) X(bounding_set) X(capabilities) X(no_new_privs) X(new_session)      \
    /* cgroup and clocks */                                                                        \
    X(memory_limit) X(pids_limit) X(cpu_clock) X(wall_clock) X(oom_score)                          \
    /* rlimits */                                                                                  \
    X(rlimit_cpu) X(rlimit_fsize) X(rlimit_nofile) X(rlimit_stack) X(rlimit_nproc) X(rlimit_core)  \
    X(rlimit_memlock) X(rlimit_msgqueue) X(rlimit_sigpending) X(rlimit_priority)                   \
    /* descriptors, processes, files that leave */                                                 \
    X(close_range) X(close_on_exec) X(kill_rest) X(cgroup_kill) X(collect_no_links) X(collect_regular_only)       \
    X(collect_bounds) X(collect_depth) X(sealed_packs)
// clang-format on

enum class wall : unsigned {
#define SLUICE_ENUMERATOR(name) name,
    SLUICE_WALLS(SLUICE_ENUMERATOR)
#undef SLUICE_ENUMERATOR
};

#ifdef SLUICE_TEST_WALLS

bool stands(wall which);
// A named moment in the life of a sandbox, at which a test may want this process to be killed.
void at(const char* moment);
// The launcher reads anew what it shall leave out, before each slot.
void reload_walls();
// What a slot manager is told by the launcher: the environment of its exec.
char* const* wall_environment();
// Called first of all in main().
void find_walls(const char* program);

#else

constexpr bool stands(wall) {
    return true;
}
#ifndef SLUICE_SANDBOX_TRACE
constexpr void at(const char*) {}
#endif
constexpr void reload_walls() {}
inline char* const* wall_environment() {
    static char* const empty[] = {nullptr};
    return empty;
}
constexpr void find_walls(const char*) {}

#endif

}  // namespace sluice::sandbox
