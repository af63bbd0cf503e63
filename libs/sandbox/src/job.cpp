// The job is cloned with CLONE_VM | CLONE_VFORK: no page tables are copied, and init sleeps until
// exec has replaced the image or the child has written down which step failed. A job that is made
// ahead of its command shares init's descriptors too, so that whoever reads the command has them
// for both; it takes a table of its own when it goes on.
#include "job.hpp"

#include "landlock.hpp"
#include "oom_score.hpp"
#include "placement.hpp"
#include "small_io.hpp"
#include "step_rlimits.hpp"
#include "trace.hpp"
#include "walls.hpp"
#ifdef SLUICE_TEST_WALLS
#include "weak_job.hpp"
#endif

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sluice::sandbox {

namespace {

constexpr std::size_t stack_bytes = 64 << 10;
alignas(16) std::array<std::byte, stack_bytes> job_stack;

// Leaving uid 0 of the namespace empties the permitted, effective and ambient sets; the bounding
// set is empty since the manager's start. A process that waits for its command keeps the permitted
// set until that is there: the command may want another size of the tmpfs.
step_error take_job_ids(bool keeps_permitted) {
#ifdef SLUICE_TEST_WALLS
    if (!stands(wall::job_uid) || !stands(wall::capabilities)) return take_weak_ids();
#endif
    // One id is mapped alone: the exec that follows takes every capability, because none is
    // inheritable and the uid is not 0.
    if (::getuid() == protocol::job_uid) return {};
    if (keeps_permitted && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) {
        return {setup_step::take_job_ids, errno};
    }
    if (::syscall(SYS_setgroups, 0, nullptr) < 0 ||
        ::syscall(SYS_setresgid, protocol::job_uid, protocol::job_uid, protocol::job_uid) < 0 ||
        ::syscall(SYS_setresuid, protocol::job_uid, protocol::job_uid, protocol::job_uid) < 0) {
        return {setup_step::take_job_ids, errno};
    }
    return {};
}

step_error place_descriptors(const job_spec& spec) {
    if (::dup2(spec.input, 0) < 0 || ::dup2(spec.output, 1) < 0 || ::dup2(spec.errors, 2) < 0 ||
        (spec.control >= 0 && ::dup2(spec.control, protocol::warm_control_fd) < 0) ||
        (stands(wall::close_range) &&
         ::syscall(SYS_close_range, spec.control >= 0 ? 4U : 3U, ~0U, 0U) < 0)) {
        return {setup_step::place_descriptors, errno};
    }
    return {};
}

// All that the command does not decide.
step_error become_somebody(const job_spec& spec) {
    at("job.born");
    if (stands(wall::new_session) && ::setsid() < 0) return {setup_step::new_session, errno};
    ::umask(022);
    (void)::setpriority(PRIO_PROCESS, 0, 0);
    if (const step_error e = raise_oom_score()) return e;
    return take_job_ids(spec.orders != nullptr);
}

// Whatever this closes or replaces stays init's.
step_error own_descriptors() {
    return ::syscall(SYS_close_range, ~0U, ~0U, CLOSE_RANGE_UNSHARE) < 0
               ? step_error{setup_step::place_descriptors, errno}
               : step_error{};
}

step_error become_program(job_spec& spec) {
    if (const step_error e = become_somebody(spec)) return e;
    if (spec.orders != nullptr) {
        if (!spec.orders->await(spec)) {
            spec.is_declined = !spec.failure;
            return spec.failure;
        }
        if (const step_error e = own_descriptors()) return e;
    }
    if (spec.has_terminal && ::ioctl(spec.input, TIOCSCTTY, 0) < 0) {
        return {setup_step::take_terminal, errno};
    }
    if (const step_error e = set_job_rlimits(*spec.request)) return e;
    if (stands(wall::landlock)) {
        if (const step_error e = enter_landlock(spec.landlock)) return e;
    }
    if (const step_error e = place_descriptors(spec)) return e;
    placement::leave_to_program();
    at("job.before_exec");
#ifdef SLUICE_TEST_WALLS
    if (!stands(wall::close_on_exec)) keep_descriptors();
#endif
    spec.is_complete = true;
    ::execve(spec.argv[0], spec.argv, spec.envp);
    return {setup_step::exec_program, errno};
}

int job_main(void* argument) {
    auto& spec = *static_cast<job_spec*>(argument);
    spec.failure = become_program(spec);
    ::_exit(127);
}

}  // namespace

pid_t start_job(job_spec& spec) {
    spec.failure = {};
    spec.is_complete = spec.is_declined = false;
    const pid_t job = ::clone(
        job_main,
        job_stack.data() + job_stack.size(),
        CLONE_VM | CLONE_VFORK | (spec.orders != nullptr ? CLONE_FILES : 0) | SIGCHLD,
        &spec
    );
    if (job < 0) {
        spec.failure = {setup_step::clone_job, errno};
        return -1;
    }
    // Killed from outside before it became the program: not the program's end.
    if (!spec.failure && !spec.is_complete && !spec.is_declined)
        spec.failure = {setup_step::clone_job, ECHILD};
    return spec.failure || spec.is_declined ? -1 : job;
}

}  // namespace sluice::sandbox
