// Nothing here believes the runtime: its bytes are waited for no longer than a cold start may take,
// its limits are read back, and what it does with the message is what a program might do.
#include "warm.hpp"

#include "fd_message.hpp"
#include "init_clocks.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::sandbox {

namespace {

// Of a start: that of a virtual machine takes as long as this when many want the processors, and
// then a cold start would take as long.
constexpr int longest_start_ms = 10'000;
constexpr int longest_take_ms = 3000;
constexpr int deepest_folder = 16;

// Everything of the sandbox is dead, so nothing changes while this looks.
void empty_folder(int folder, int depth) {
    DIR* entries = ::fdopendir(folder);
    if (entries == nullptr) {
        ::close(folder);
        return;
    }
    while (const dirent* e = ::readdir(entries)) {
        if (std::strcmp(e->d_name, ".") == 0 || std::strcmp(e->d_name, "..") == 0) continue;
        if (::unlinkat(folder, e->d_name, 0) == 0 || errno != EISDIR || depth == 0) continue;
        const int below =
            ::openat(folder, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0) empty_folder(below, depth - 1);
        (void)::unlinkat(folder, e->d_name, AT_REMOVEDIR);
    }
    ::closedir(entries);
}

std::int64_t us(const timeval& t) {
    return t.tv_sec * 1'000'000LL + t.tv_usec;
}

}  // namespace

bool warm_runtime::complete(job_spec& spec) {
    int sockets[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return false;
    control_.reset(sockets[0]);
    theirs_.reset(sockets[1]);
    null_.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
    spec.input = spec.output = spec.errors = null_.get();
    spec.control = theirs_.get();
    return true;
}

void warm_runtime::adopt(pid_t process) {
    process_ = process;
    if (process_ < 0) control_.reset();
    theirs_.reset();
    null_.reset();
}

void warm_runtime::start(job_spec spec, const protocol::slot_request& order) {
    spec.request = &order;
    if (complete(spec)) adopt(start_job(spec));
}

// Its end reads as an end of the socket.
bool warm_runtime::hears(char expected, int at_most_ms) {
    pollfd waiting{control_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, at_most_ms) != 1) return false;
    std::array<char, 2> said{};
    return ::recv(control_.get(), said.data(), said.size(), MSG_DONTWAIT) == 1 &&
           said[0] == expected;
}

bool warm_runtime::waits() {
    return hears('r', longest_start_ms);
}

pid_t warm_runtime::hand_over(const job_spec& spec, step_error& failure) {
    const protocol::slot_request& r = *spec.request;
    const warm_head head{r.argc, r.envc, rlimits_of(r)};
    // argv and env lie behind each other in the command's buffer.
    char* const* last = r.envc != 0 ? spec.envp + r.envc - 1 : spec.argv + r.argc - 1;
    const char* const end = *last + std::strlen(*last) + 1;
    const message_part whole[] = {
        {&head, sizeof head},
        {spec.argv[0], static_cast<std::size_t>(end - spec.argv[0])}};
    const std::array fds{spec.input, spec.output, spec.errors};
    unowned_cpu_us_ = process_clock_ns(process_) / 1000;
    if (send_message(control_.get(), whole, fds) < 0 || !hears('t', longest_take_ms)) {
        give_up();
        return -1;
    }
    failure = check_rlimits(process_, head.limits);
    control_.reset();
    return process_;
}

void warm_runtime::give_up() {
    control_.reset();
    // Nothing but the runtime and what it started is there.
    if (::kill(-1, SIGKILL) == 0 || errno == ESRCH) {
        while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
        }
    }
    process_ = -1;
    rusage use{};
    ::getrusage(RUSAGE_CHILDREN, &use);
    given_up_bytes_ = use.ru_maxrss * 1024LL;
    unowned_cpu_us_ = us(use.ru_utime) + us(use.ru_stime);
    const int box = ::open("/box", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (box >= 0) empty_folder(box, deepest_folder);
}

}  // namespace sluice::sandbox
