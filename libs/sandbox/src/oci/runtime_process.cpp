// fork, descriptors in place, exec, wait by pidfd. The manager is single-threaded and small, so
// fork is cheap and safe.
#include "runtime_process.hpp"

#include "../small_io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::sandbox::oci {

namespace {

constexpr int longest_ms = 15'000;
constexpr int parking = 128;  // above every number that is wanted

// An input that is at its end, and one output for both streams.
struct streams {
    owned_fd input, output, complaints;

    step_error make() {
        int in[2] = {-1, -1};
        int out[2] = {-1, -1};
        const bool is_made = ::pipe2(in, O_CLOEXEC) == 0 && ::pipe2(out, O_CLOEXEC) == 0;
        const int made_errno = errno;
        input.reset(in[0]);
        if (in[1] >= 0) ::close(in[1]);
        complaints.reset(out[0]);
        output.reset(out[1]);
        return is_made ? step_error{} : step_error{setup_step::run_oci_runtime, made_errno};
    }
    // The container's first process still holds the other end, so this does not wait for an end.
    void log(const std::string& runtime) {
        std::array<char, 4000> text{};
        ::fcntl(complaints.get(), F_SETFL, O_NONBLOCK);
        const ssize_t n = ::read(complaints.get(), text.data(), text.size());
        if (n <= 0) return;
        const std::string line = "sluice-slot-manager: " + runtime + ": " +
                                 std::string(text.data(), static_cast<std::size_t>(n));
        (void)!::write(STDERR_FILENO, line.data(), line.size());
    }
};

[[noreturn]] void become_runtime(const runtime_call& call, const streams& own) {
    for (const std::string& procs : call.join) {
        if (write_file_at(AT_FDCWD, procs.c_str(), "0") < 0) ::_exit(126);
    }
    std::vector<int> parked;
    for (const int fd : call.passed)
        parked.push_back(::fcntl(fd, F_DUPFD, parking));
    const int standard[] = {own.input.get(), own.output.get(), own.output.get()};
    int parked_standard[3] = {-1, -1, -1};
    for (int i = 0; i < 3; ++i)
        parked_standard[i] = ::fcntl(standard[i], F_DUPFD, parking);
    for (int i = 0; i < 3; ++i) {
        if (::dup2(parked_standard[i], i) < 0) ::_exit(126);
    }
    int next = 3;
    for (const int fd : parked) {
        if (::dup2(fd, next++) < 0) ::_exit(126);
    }
    ::syscall(SYS_close_range, static_cast<unsigned>(next), ~0U, 0U);
    std::vector<char*> argv;
    for (const std::string& word : call.argv)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    char* const envp[] = {path, nullptr};
    ::execve(argv[0], argv.data(), envp);
    ::_exit(127);
}

}  // namespace

step_error run_runtime(const runtime_call& call) {
    streams own;
    if (const step_error e = own.make()) return e;
    const pid_t child = ::fork();
    if (child == 0) become_runtime(call, own);
    if (child < 0) return {setup_step::run_oci_runtime, errno};
    const owned_fd handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0U)));
    pollfd wanted{handle.get(), POLLIN, 0};
    int ready = 0;
    do {
        ready = ::poll(&wanted, 1, longest_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const bool is_good = ready > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!is_good && !call.is_quiet) own.log(call.argv[0]);
    if (ready <= 0) return {setup_step::run_oci_runtime, ETIMEDOUT};
    return is_good ? step_error{} : step_error{setup_step::run_oci_runtime, EIO};
}

}  // namespace sluice::sandbox::oci
