// The baseline: starts a program with fork+exec or posix_spawn and times it until it is reaped. It
// is static and stays below 2 MB, because forking a big process is slow and would flatter the
// sandbox. Usage: sluice-bench-spawner fork|spawn PROGRAM ARGUMENT…; orders come on the standard
// input.
#include "spawn_order.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

using sluice::bench::spawn_answer;
using sluice::bench::spawn_order;

char path_variable[] = "PATH=/usr/bin:/bin:/usr/sbin";
char home_variable[] = "HOME=/tmp";
char* environment[] = {path_variable, home_variable, nullptr};

std::uint64_t now_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(t.tv_nsec);
}

pid_t fork_and_exec(char** argv) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd)
        ::dup2(null, fd);
    ::execve(argv[0], argv, environment);
    ::_exit(127);
}

pid_t spawn(char** argv) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; ++fd)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, argv[0], &actions, nullptr, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    return failed == 0 ? child : -1;
}

bool run_once(bool is_fork, char** argv) {
    const pid_t child = is_fork ? fork_and_exec(argv) : spawn(argv);
    int status = -1;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::uint32_t resident_kib() {
    char text[128] = {};
    const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t n = ::read(fd, text, sizeof text - 1);
    ::close(fd);
    unsigned size = 0, resident = 0;
    if (n <= 0 || std::sscanf(text, "%u %u", &size, &resident) != 2) return 0;
    return resident * static_cast<unsigned>(::sysconf(_SC_PAGESIZE) / 1024);
}

bool write_all(const void* data, std::size_t size) {
    const char* from = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t n = ::write(1, from, size);
        if (n <= 0) return false;
        from += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

std::uint32_t durations[sluice::bench::max_durations];

bool obey(const spawn_order& order, bool is_fork, char** argv) {
    spawn_answer answer;
    const std::uint64_t begin = now_ns();
    const std::uint64_t end = begin + order.for_ms * 1'000'000ULL;
    while (order.runs > 0 ? answer.runs < order.runs : now_ns() < end) {
        if (order.idle_us > 0) ::poll(nullptr, 0, static_cast<int>(order.idle_us / 1000));
        const std::uint64_t from = now_ns();
        if (!run_once(is_fork, argv)) ++answer.failures;
        const std::uint64_t took = now_ns() - from;
        ++answer.runs;
        if (order.runs > 0 && answer.durations < sluice::bench::max_durations) {
            durations[answer.durations++] =
                static_cast<std::uint32_t>(took / sluice::bench::duration_unit_ns);
        }
    }
    answer.elapsed_ns = now_ns() - begin;
    answer.resident_kib = resident_kib();
    return write_all(&answer, sizeof answer) &&
           write_all(durations, answer.durations * sizeof durations[0]);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const bool is_fork = std::strcmp(argv[1], "fork") == 0;
    spawn_order order;
    while (::read(0, &order, sizeof order) == sizeof order) {
        if (!obey(order, is_fork, argv + 2)) return 1;
    }
    return 0;
}
