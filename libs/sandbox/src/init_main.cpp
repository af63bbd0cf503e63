// prepare (all that needs no command) → clone the job, which waits for the command, unpacks, notes
// the start on the board and becomes the program (early_job.cpp), or, where that is not possible,
// do the same here → reap until it ends → kill and reap the rest → tell "ended" → collect if told
// to. Nothing is told but the end or a failure, since every message wakes somebody. When the
// control socket closes the manager wants no more of this run, and init's end is its end.
#include "init_main.hpp"

#include "clock_us.hpp"
#include "collect.hpp"
#include "early_job.hpp"
#include "fd_message.hpp"
#include "fork_job.hpp"
#include "interactive_init.hpp"
#include "job.hpp"
#include "landlock.hpp"
#include "run_command.hpp"
#include "seccomp_program.hpp"
#include "small_io.hpp"
#include "step_egress.hpp"
#include "step_network.hpp"
#include "step_rlimits.hpp"
#include "trace.hpp"
#include "walls.hpp"
#include "warm.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace sluice::sandbox {

namespace {

constexpr int control_fd = 3;
constexpr int output_fd = 4;
constexpr int errors_fd = 5;
constexpr int parking = 64;  // above every number that is wanted

[[noreturn]] void give_up(step_error e) {
    protocol::init_event event;
    event.kind = protocol::init_event_kind::failed;
    event.step = static_cast<std::uint32_t>(e.step);
    event.error_number = e.error_number;
    (void)send_struct(control_fd, event);
    ::_exit(1);
}

// Exactly the three that a run needs.
step_error place_descriptors(const init_setup& setup) {
    const int output = ::fcntl(setup.output, F_DUPFD, parking);
    const int errors = ::fcntl(setup.errors, F_DUPFD, parking);
    if (output < 0 || errors < 0 || ::dup2(setup.control, control_fd) < 0 ||
        ::dup2(output, output_fd) < 0 || ::dup2(errors, errors_fd) < 0 ||
        (stands(wall::close_range) && ::syscall(SYS_close_range, errors_fd + 1U, ~0U, 0U) < 0)) {
        return {setup_step::place_descriptors, errno};
    }
    return {};
}

void prepare(const init_setup& setup, owned_fd& landlock) {
    ::umask(0);
    if (setup.installs_filter && stands(wall::filter) &&
        seccomp::install(seccomp::compile(seccomp::native(), setup.reach)) < 0) {
        give_up({setup_step::install_seccomp, errno});
    }
    if (setup.reach == protocol::network::loopback) {
        if (const step_error e = raise_loopback()) give_up(e);
    }
    if (const step_error e = mount_run_folders(setup.expected)) give_up(e);
    int ruleset = -1;
    if (const step_error e = make_landlock_ruleset(landlock_version(), ruleset)) give_up(e);
    landlock.reset(ruleset);
    if (::chdir("/box") < 0) give_up({setup_step::mount_box, errno});
}

// The command, by whom it is received now; ends with the manager.
void receive_or_end(received_command& command) {
    bool is_over = false;
    const step_error e = receive_command(control_fd, command, is_over);
    if (is_over) ::_exit(0);
    if (e) give_up(e);
}

// As a program would be started, its files unpacked as a program's are. What goes wrong is nobody's
// failure: the run starts cold.
void start_warm(received_command& command, int landlock, warm_runtime& warm) {
    const step_error e = unpack_all(command);
    command.message.close_fds();
    if (e) return;
    job_spec spec{};
    spec.argv = command.view.argv.data();
    spec.envp = command.view.envp.data();
    spec.landlock = landlock;
    warm.start(spec, command.request);
    at("init.runtime_started");
}

// What processes used that were to become the program, before they were: a runtime's whole time has
// the time in it before it was one.
std::int64_t nobodys_cpu_us(const warm_runtime& warm, const run_board& board) {
    return std::max<std::int64_t>(warm.unowned_cpu_us(), board.early_cpu_us);
}

// The waiting runtime as the run's program; -1 when it is not to be had, and then nothing of it is
// left.
pid_t hand_over(const job_spec& spec, warm_runtime& warm, run_board& board) {
    step_error failure{};
    const pid_t job = warm.hand_over(spec, failure);
    // It may be running as the program, under limits that are not the program's.
    if (failure) give_up(failure);
    board.prepared_cpu_us = now_us(CLOCK_PROCESS_CPUTIME_ID) + nobodys_cpu_us(warm, board);
    return job;
}

// The program out of the fork server; -1 when it is not to be had.
pid_t ask_fork_server(const job_spec& spec, const received_command& command) {
    const auto fds = command.message.fds().last(command.request.fork_fds);
    step_error failure{};
    const pid_t job = fork_job(spec, fds[0], fds.size() > 1 ? fds[1] : -1, failure);
    if (failure) give_up(failure);
    return job;
}

// The program's pid, -1 with spec.failure. Its time counts from what is noted on the board.
pid_t start_program(
    job_spec& spec,
    received_command& command,
    warm_runtime& warm,
    run_board& board
) {
    std::int64_t started_at = now_us(CLOCK_MONOTONIC);
    pid_t job = -1;
    if (command.request.fork_fds != 0) {
        board.started_us = started_at;
        job = ask_fork_server(spec, command);
        if (job > 0) return job;
        // The program's time begins when the server was given up.
        command.has_fork_failed = true;
        started_at = now_us(CLOCK_MONOTONIC);
    } else if (warm.was_started()) {
        job = hand_over(spec, warm, board);
        if (job < 0) {
            if (const step_error e = unpack_all(command)) give_up(e);
            started_at = now_us(CLOCK_MONOTONIC);
        }
    }
    board.started_us = started_at;
    return job < 0 ? start_job(spec) : job;
}

// All before the program's process, where that was not made ahead or leaves the command to us.
void prepare_here(
    const init_setup& setup,
    received_command& command,
    job_spec& spec,
    warm_runtime& warm,
    owned_fd& terminal
) {
    if (command.request.verb == protocol::slot_verb::prepare) {
        start_warm(command, spec.landlock, warm);
        receive_or_end(command);
    }
    at("init.got_command");
    const box_size wanted{command.request.disk_bytes, command.request.inodes};
    if (wanted != setup.expected) {
        if (const step_error e = resize_box(wanted)) give_up(e);
    }
    if (warm.was_started() && !warm.waits()) warm.give_up();
    if (const step_error e = unpack_all(command)) give_up(e);
    if (command.request.has_stdin != 0) spec.input = command.message.fds()[0];
    if (command.request.how == protocol::interaction::terminal) {
        const int service = command.message.fds().back();
        if (const step_error e = open_terminal(service, terminal)) give_up(e);
        if (const step_error e = allow_devices(spec.landlock)) give_up(e);
        spec.input = spec.output = spec.errors = terminal.get();
        spec.has_terminal = true;
    }
    at("init.unpacked");
}

// Waits for the program, reaping orphans on the way, then ends and reaps the rest. kill(-1) is
// atomic against fork, so nothing can outrun it.
int reap_everything(pid_t job) {
    int status = 0;
    for (;;) {
        int some_status = 0;
        const pid_t pid = ::waitpid(-1, &some_status, 0);
        if (pid == job) {
            status = some_status;
            break;
        }
        if (pid < 0 && errno != EINTR) break;
    }
    return status;
}

std::int64_t largest_resident_bytes() {
    rusage use{};
    ::getrusage(RUSAGE_CHILDREN, &use);
    return use.ru_maxrss * 1024LL;
}

void end_the_rest() {
    if (!stands(wall::kill_rest) || ::kill(-1, SIGKILL) < 0) return;  // ESRCH: nobody is left
    while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
    }
}

// Also when there is nothing to collect: the end of the namespaces is for the time after the
// answer.
void wait_and_collect(const received_command& command) {
    char order = 0;
    received_message message;
    const long size = message.receive(control_fd, std::as_writable_bytes(std::span(&order, 1)));
    if (size != 1 || message.fd_count() != 1 || command.request.has_collect == 0) ::_exit(0);
    protocol::init_event event;
    event.kind = protocol::init_event_kind::collected;
    at("init.before_collect");
    event.error_number = collect_files(
        command.view.collect_folder,
        message.fds()[0],
        command.request.collect_max_bytes,
        command.request.collect_max_files
    );
    at("init.collected");
    (void)send_struct(control_fd, event);
}

// The program is dead: ends and reaps the rest, and tells the manager.
[[noreturn]] void end_run(
    const received_command& command,
    const warm_runtime& warm,
    const run_board& board,
    int wait_status
) {
    const std::int64_t wall_us = now_us(CLOCK_MONOTONIC) - board.started_us;
    at("init.program_ended");
    end_the_rest();
    protocol::init_event event;
    event.kind = protocol::init_event_kind::ended;
    event.wait_status = wait_status;
    event.fork_failed = command.has_fork_failed ? 1 : 0;
    event.wall_us = wall_us;
    event.max_rss_bytes = largest_resident_bytes();
    if (event.max_rss_bytes <= warm.given_up_bytes()) event.max_rss_bytes = 0;
    event.own_cpu_us = now_us(CLOCK_PROCESS_CPUTIME_ID) + nobodys_cpu_us(warm, board);
    if (send_struct(control_fd, event) < 0) ::_exit(1);
    at("init.told_ended");
    wait_and_collect(command);
    ::_exit(0);
}

}  // namespace

void init_main(const init_setup& setup) {
    trace_into(setup.board.trace);
    at("init.born");
    // The relay's socket is closed with all other descriptors, but a failure is told after that.
    const step_error closed =
        setup.reach == protocol::network::egress ? open_egress() : step_error{};
    if (const step_error e = place_descriptors(setup)) ::_exit(1);
    if (closed) give_up(closed);
    owned_fd landlock;
    prepare(setup, landlock);
    run_board& board = setup.board;
    board.prepared_cpu_us = now_us(CLOCK_PROCESS_CPUTIME_ID);

    auto& command = *new received_command;
    const owned_fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null) give_up({setup_step::place_descriptors, errno});
    job_spec spec{
        &command.request,
        command.view.argv.data(),
        command.view.envp.data(),
        null.get(),
        output_fd,
        errors_fd,
        landlock.get()};
    at("init.prepared");
    warm_runtime warm;
    early_job early(control_fd, null.get(), command, board, warm, setup.expected);
    pid_t job = setup.makes_job_ahead ? early.start(spec) : -1;
    if (early.is_over()) ::_exit(0);
    if (spec.failure) give_up(spec.failure);
    owned_fd terminal;
    if (job < 0) {
        if (!early.has_command()) receive_or_end(command);
        prepare_here(setup, command, spec, warm, terminal);
        job = start_program(spec, command, warm, board);
    }
    if (job < 0) give_up(spec.failure);
    owned_fd interaction(
        is_interactive(command.request) ? command.message.take_fd(command.message.fd_count() - 1)
                                        : -1
    );
    at("init.program_running");
    command.message.close_fds();
    terminal.reset();
    landlock.reset();
    ::close(output_fd);
    ::close(errors_fd);

    const int wait_status =
        interaction ? wait_interactive(job, interaction.get()) : reap_everything(job);
    end_run(command, warm, board, wait_status);
}

}  // namespace sluice::sandbox
