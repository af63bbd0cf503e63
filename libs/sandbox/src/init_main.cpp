// prepare → tell "prepared" (with the read ends of the output pipes) → wait for the command →
// unpack → clone the job → tell "started" → reap until it ends → kill and reap the rest → tell
// "ended" → collect if told to. When the control socket closes the manager wants no more of this
// run, and init's end is its end.
#include "init_main.hpp"

#include "collect.hpp"
#include "command_view.hpp"
#include "fd_message.hpp"
#include "job.hpp"
#include "landlock.hpp"
#include "seccomp_program.hpp"
#include "small_io.hpp"
#include "step_network.hpp"
#include "unpack.hpp"
#include "walls.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace sluice::sandbox {

namespace {

constexpr int control_fd = 3;

std::int64_t now_us(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return t.tv_sec * 1'000'000LL + t.tv_nsec / 1000;
}

[[noreturn]] void give_up(step_error e) {
    protocol::init_event event;
    event.kind = protocol::init_event_kind::failed;
    event.step = static_cast<std::uint32_t>(e.step);
    event.error_number = e.error_number;
    (void)send_struct(control_fd, event);
    ::_exit(1);
}

struct output_pipes {
    owned_fd out_write, err_write;
};

// The pipes belong to the program's uid, so that it can reopen /dev/stdout as programs do.
step_error make_pipes(output_pipes& mine, owned_fd& out_read, owned_fd& err_read) {
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    const bool is_made = ::pipe2(out, O_CLOEXEC) == 0 && ::pipe2(err, O_CLOEXEC) == 0;
    const int made_errno = errno;
    out_read.reset(out[0]);
    mine.out_write.reset(out[1]);
    err_read.reset(err[0]);
    mine.err_write.reset(err[1]);
    if (!is_made) return {setup_step::make_pipes, made_errno};
    for (const int fd : {out[1], err[1]}) {
        if (::fchown(fd, protocol::job_uid, protocol::job_uid) < 0) {
            return {setup_step::make_pipes, errno};
        }
    }
    return {};
}

void prepare(box_size expected, output_pipes& pipes, owned_fd& landlock) {
    if (const step_error e = mount_run_folders(expected)) give_up(e);
    int ruleset = -1;
    if (const step_error e = make_landlock_ruleset(landlock_version(), ruleset)) give_up(e);
    landlock.reset(ruleset);
    if (::chdir("/box") < 0) give_up({setup_step::mount_box, errno});
    owned_fd out_read, err_read;
    if (const step_error e = make_pipes(pipes, out_read, err_read)) give_up(e);
    protocol::init_event event;
    event.kind = protocol::init_event_kind::prepared;
    const std::array fds{out_read.get(), err_read.get()};
    if (send_struct(control_fd, event, fds) < 0) ::_exit(1);
}

// Everything of a command, kept out of the stack frame of main.
struct received_command {
    protocol::slot_request request;
    std::array<char, protocol::max_command_bytes> bytes;
    command_view view;
    received_message message;
};

void receive_command(received_command& command) {
    std::array<std::byte, sizeof(protocol::slot_request) + protocol::max_command_bytes>& buffer =
        *new std::array<std::byte, sizeof(protocol::slot_request) + protocol::max_command_bytes>;
    const long size = command.message.receive(control_fd, buffer);
    if (size == 0) ::_exit(0);
    if (size < static_cast<long>(sizeof command.request)) {
        give_up({setup_step::receive_command, size < 0 ? errno : EBADMSG});
    }
    std::memcpy(&command.request, buffer.data(), sizeof command.request);
    const std::size_t text = static_cast<std::size_t>(size) - sizeof command.request;
    std::memcpy(command.bytes.data(), buffer.data() + sizeof command.request, text);
    if (implausible_field(command.request) != nullptr ||
        !parse_command(command.request, std::span(command.bytes).first(text), command.view) ||
        command.message.fd_count() != command.request.pack_count + command.request.has_stdin) {
        give_up({setup_step::receive_command, EBADMSG});
    }
}

void unpack_all(received_command& command) {
    // With the program's own file rights: the files are its own, and no capability is at work.
    ::setfsgid(protocol::job_uid);
    ::setfsuid(protocol::job_uid);
    step_error e{};
    for (std::size_t i = command.request.has_stdin; !e && i < command.message.fd_count(); ++i) {
        e = unpack_pack(command.message.fds()[i]);
    }
    if (!e && command.request.has_collect != 0) e = make_box_folder(command.view.collect_folder);
    ::setfsuid(::geteuid());
    ::setfsgid(::getegid());
    if (e) give_up(e);
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

void wait_and_collect(const received_command& command) {
    char order = 0;
    received_message message;
    const long size = message.receive(control_fd, std::as_writable_bytes(std::span(&order, 1)));
    if (size != 1 || message.fd_count() != 1) ::_exit(0);
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

}  // namespace

void init_main(int control, box_size expected, protocol::network reach, bool installs_filter) {
    if (::dup2(control, control_fd) < 0) ::_exit(1);
    if (stands(wall::close_range)) ::syscall(SYS_close_range, 4U, ~0U, 0U);
    ::umask(0);
    output_pipes pipes;
    at("init.born");
    if (installs_filter && stands(wall::filter) &&
        seccomp::install(seccomp::compile(seccomp::native(), reach)) < 0) {
        give_up({setup_step::install_seccomp, errno});
    }
    if (reach == protocol::network::loopback) {
        if (const step_error e = raise_loopback()) give_up(e);
    }
    owned_fd landlock;
    prepare(expected, pipes, landlock);

    at("init.prepared");
    auto& command = *new received_command;
    receive_command(command);
    at("init.got_command");
    const std::int64_t cpu_at_start = now_us(CLOCK_PROCESS_CPUTIME_ID);
    const box_size wanted{command.request.disk_bytes, command.request.inodes};
    if (wanted != expected) {
        if (const step_error e = resize_box(wanted)) give_up(e);
    }
    unpack_all(command);
    owned_fd input(
        command.request.has_stdin != 0 ? command.message.take_fd(0)
                                       : ::open("/dev/null", O_RDONLY | O_CLOEXEC)
    );
    if (!input) give_up({setup_step::place_descriptors, errno});

    job_spec spec{
        &command.request,
        command.view.argv.data(),
        command.view.envp.data(),
        input.get(),
        pipes.out_write.get(),
        pipes.err_write.get(),
        landlock.get(),
        {}};
    at("init.unpacked");
    const std::int64_t started_at = now_us(CLOCK_MONOTONIC);
    const pid_t job = start_job(spec);
    if (job < 0) give_up(spec.failure);
    command.message.close_fds();
    input.reset();
    landlock.reset();
    pipes = {};

    protocol::init_event event;
    event.kind = protocol::init_event_kind::started;
    at("init.program_running");
    if (send_struct(control_fd, event) < 0) ::_exit(1);
    at("init.told_started");
    event.wait_status = reap_everything(job);
    event.wall_us = now_us(CLOCK_MONOTONIC) - started_at;
    at("init.program_ended");
    end_the_rest();
    event.kind = protocol::init_event_kind::ended;
    event.max_rss_bytes = largest_resident_bytes();
    event.own_cpu_us = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_at_start;
    if (send_struct(control_fd, event) < 0) ::_exit(1);
    at("init.told_ended");
    if (command.request.has_collect != 0 && event.wait_status == 0) wait_and_collect(command);
    ::_exit(0);
}

}  // namespace sluice::sandbox
