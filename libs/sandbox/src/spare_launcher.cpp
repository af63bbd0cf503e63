// A handle of the process to be replaced is opened before the fork, so that there is no moment in
// which its death could be missed.
#include "spare_launcher.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::sandbox {

namespace {

int open_handle(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
}

void wait_for_end(int handle) {
    pollfd end{handle, POLLIN, 0};
    while (::poll(&end, 1, -1) < 0 && errno == EINTR) {
    }
}

}  // namespace

pid_t spare_launcher::make() {
    end();
    for (pid_t replaced = 0;;) {
        const pid_t served_by = ::getpid();
        const owned_fd serving(open_handle(served_by));
        if (!serving) return replaced;
        pid_ = ::fork();
        if (pid_ != 0) {
            handle_.reset(pid_ > 0 ? open_handle(pid_) : -1);
            return replaced;
        }
        wait_for_end(serving.get());
        replaced = served_by;
    }
}

void spare_launcher::end() {
    handle_.reset();
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

}  // namespace sluice::sandbox
