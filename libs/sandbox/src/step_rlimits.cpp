// Every limit is set soft and hard; without CAP_SYS_RESOURCE a program cannot raise it again. A
// wish above what this process itself was given is lowered to that (raising would need
// CAP_SYS_RESOURCE in the host).
#include "step_rlimits.hpp"

#include "limits_text.hpp"
#include "small_io.hpp"
#include "walls.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <span>

namespace sluice::sandbox {

namespace {

struct limit {
    __rlimit_resource resource;
    rlim_t soft;
    rlim_t hard;
    wall name;
};

// Manager, init and program are of one slot, so one word each is enough for all.
bool has_cgroup = true;
bool has_one_id = false;

constexpr std::int64_t stacks_in_data = 16;

rlim_t as_limit(std::int64_t value) {
    return static_cast<rlim_t>(value);
}

step_error set_limits(std::span<const limit> limits) {
    for (const limit& wanted : limits) {
        if (!stands(wanted.name)) continue;
        const rlimit whole{wanted.soft, wanted.hard};
        if (::setrlimit(wanted.resource, &whole) == 0) continue;
        if (errno != EPERM) return {setup_step::set_rlimits, errno};
        rlimit now{};
        if (::getrlimit(wanted.resource, &now) < 0) return {setup_step::set_rlimits, errno};
        const rlimit next{std::min(wanted.soft, now.rlim_max), std::min(wanted.hard, now.rlim_max)};
        if (::setrlimit(wanted.resource, &next) < 0) return {setup_step::set_rlimits, errno};
    }
    return {};
}

std::array<limit, 5> job_limits(const protocol::slot_request& r) {
    // The cgroup counter stops the run in time; this stops one process should that ever fail.
    const rlim_t cpu_seconds = as_limit(r.cpu_us / 1'000'000 + 2);
    // Threads of the uid; a little above pids.max, so that the cgroup is what refuses (and counts)
    // first. Without one this is what refuses; where manager and init have the same uid, they
    // count.
    const rlim_t tasks = as_limit(r.processes + (has_cgroup ? 8 : has_one_id ? 2 : 0));
    return {{
        {RLIMIT_CPU, cpu_seconds, cpu_seconds + 1, wall::rlimit_cpu},
        {RLIMIT_FSIZE, as_limit(r.file_bytes), as_limit(r.file_bytes), wall::rlimit_fsize},
        {RLIMIT_NOFILE, as_limit(r.open_files), as_limit(r.open_files), wall::rlimit_nofile},
        {RLIMIT_STACK, as_limit(r.stack_bytes), as_limit(r.stack_bytes), wall::rlimit_stack},
        {RLIMIT_NPROC, tasks, tasks, wall::rlimit_nproc},
    }};
}

// As the kernel names them in /proc/<pid>/limits.
std::string_view name_of(std::uint64_t resource) {
    switch (resource) {
        case RLIMIT_CPU:
            return "Max cpu time";
        case RLIMIT_FSIZE:
            return "Max file size";
        case RLIMIT_NOFILE:
            return "Max open files";
        case RLIMIT_STACK:
            return "Max stack size";
        case RLIMIT_NPROC:
            return "Max processes";
        default:
            return "";
    }
}

}  // namespace

void hold_by_rlimits_alone() {
    has_cgroup = false;
    has_one_id = ::getuid() == protocol::job_uid;
}

step_error set_fixed_rlimits() {
    const limit limits[] = {
        {RLIMIT_CORE, 0, 0, wall::rlimit_core},
        {RLIMIT_MEMLOCK, 0, 0, wall::rlimit_memlock},
        {RLIMIT_MSGQUEUE, 0, 0, wall::rlimit_msgqueue},
        {RLIMIT_SIGPENDING, 256, 256, wall::rlimit_sigpending},
        {RLIMIT_NICE, 0, 0, wall::rlimit_priority},
        {RLIMIT_RTPRIO, 0, 0, wall::rlimit_priority},
    };
    return set_limits(limits);
}

step_error set_job_rlimits(const protocol::slot_request& request) {
    if (!has_cgroup) {
        // What a thread's stack reserves counts as if it were used, so there is room for some.
        const rlim_t data = as_limit(request.memory_bytes + stacks_in_data * request.stack_bytes);
        const limit memory{RLIMIT_DATA, data, data, wall::memory_limit};
        if (const step_error e = set_limits(std::span(&memory, 1))) return e;
    }
    return set_limits(job_limits(request));
}

job_rlimits rlimits_of(const protocol::slot_request& request) {
    job_rlimits wanted;
    std::size_t count = 0;
    for (const limit& each : job_limits(request)) {
        rlimit own{};
        ::getrlimit(each.resource, &own);
        wanted[count++] = {
            static_cast<std::uint64_t>(each.resource),
            std::min(each.soft, own.rlim_max),
            std::min(each.hard, own.rlim_max)};
    }
    return wanted;
}

// From /proc, because the filter, which init is behind, refuses prlimit of others.
step_error check_rlimits(pid_t process, const job_rlimits& wanted) {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/%d/limits", process);
    const std::string text = read_whole_file(path.data());
    if (text.empty()) return {setup_step::set_rlimits, ESRCH};
    for (const job_rlimit& each : wanted) {
        const auto now = limits_in(text, name_of(each.resource));
        if (!now || now->soft != each.soft || now->hard != each.hard) {
            return {setup_step::set_rlimits, EPERM};
        }
    }
    return {};
}

}  // namespace sluice::sandbox
