// devpts: every mount of it is an instance of its own, so a number says nothing about the host's
// terminals. ptmx in it is init's alone, and one terminal is all that it gives.
#include "interactive_init.hpp"

#include "fd_message.hpp"
#include "message_check.hpp"
#include "protocol.hpp"
#include "step_mounts.hpp"
#include "walls.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>
#include <utility>

namespace sluice::sandbox {

namespace {

// A /dev for this run, over the slot's: the same nodes, and a terminal's. It is made in the run's
// own tmpfs, which goes with the run.
constexpr const char* new_dev = "/.run/top/dev";

bool bind_node(const std::string& from, const std::string& to) {
    return ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

bool make_file(const std::string& path) {
    return bool(owned_fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)));
}

bool make_devices() {
    const std::string dev = new_dev;
    if (::mkdir(new_dev, 0755) < 0 || ::mkdir((dev + "/pts").c_str(), 0755) < 0 ||
        ::mkdir((dev + "/shm").c_str(), 0755) < 0 || !bind_node("/dev/shm", dev + "/shm")) {
        return false;
    }
    for (const char* node : {"/null", "/zero", "/full", "/random", "/urandom"}) {
        if (!make_file(dev + node) || !bind_node(std::string("/dev") + node, dev + node))
            return false;
    }
    for (const auto& [target, name] :
         {std::pair("/proc/self/fd", "/fd"),
          std::pair("/proc/self/fd/0", "/stdin"),
          std::pair("/proc/self/fd/1", "/stdout"),
          std::pair("/proc/self/fd/2", "/stderr")}) {
        if (::symlink(target, (dev + name).c_str()) < 0) return false;
    }
    return make_file(dev + "/tty") && bind_node(terminal_node, dev + "/tty");
}

static_assert(protocol::job_uid == 1000);
const char* terminal_options() {
    return stands(wall::own_terminal) ? "uid=1000,gid=1000,mode=0620,ptmxmode=0600,max=1"
                                      : "uid=1000,gid=1000,mode=0620,ptmxmode=0666";
}

// Over the slot's /dev.
int show_devices() {
    if (!stands(wall::own_terminal)) (void)::symlink("pts/ptmx", "/.run/top/dev/ptmx");
    if (!stands(wall::own_devices)) {
        return ::mount("/.run/top/dev/pts", "/dev/pts", nullptr, MS_BIND, nullptr);
    }
    return ::mount(new_dev, "/dev", nullptr, MS_BIND | MS_REC, nullptr);
}

void on_child(int) {}

// What the socket holds; false when it has ended or is broken.
bool pass_on(int socket, pid_t job) {
    protocol::interaction_order order;
    received_message message;
    const long size = message.receive(socket, std::as_writable_bytes(std::span(&order, 1)));
    if (!is_valid(order, size, message.fd_count())) return false;
    // Its process group: the program made a session of its own. One that has ended is no error.
    (void)::kill(-job, static_cast<int>(order.signal));
    return true;
}

}  // namespace

step_error open_terminal(int socket, owned_fd& slave) {
    ::umask(0);
    if (!make_devices() ||
        ::mount(
            "devpts",
            "/.run/top/dev/pts",
            "devpts",
            MS_NOSUID | MS_NOEXEC,
            terminal_options()
        ) < 0 ||
        show_devices() < 0) {
        return {setup_step::make_terminal, errno};
    }
    const owned_fd master(::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    int unlocked = 0;
    const winsize size{24, 80, 0, 0};
    if (!master || ::ioctl(master.get(), TIOCSPTLCK, &unlocked) < 0 ||
        ::ioctl(master.get(), TIOCSWINSZ, &size) < 0) {
        return {setup_step::make_terminal, errno};
    }
    slave.reset(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!slave) return {setup_step::make_terminal, errno};
    const int fds[] = {master.get()};
    if (send_struct(socket, protocol::terminal_made{}, fds) < 0) {
        return {setup_step::make_terminal, errno};
    }
    return {};
}

int wait_interactive(pid_t job, int socket) {
    struct sigaction woken {};
    woken.sa_handler = on_child;
    ::sigaction(SIGCHLD, &woken, nullptr);
    sigset_t child;
    sigset_t usual;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    // A child that ends after the look below wakes ppoll, which alone lets the signal through.
    ::sigprocmask(SIG_BLOCK, &child, &usual);
    int status = 0;
    bool is_open = true;
    for (;;) {
        int some_status = 0;
        const pid_t pid = ::waitpid(-1, &some_status, WNOHANG);
        if (pid == job) {
            status = some_status;
            break;
        }
        if (pid > 0) continue;
        if (pid < 0 && errno == ECHILD) break;
        pollfd wanted{is_open ? socket : -1, POLLIN, 0};
        if (::ppoll(&wanted, 1, nullptr, &usual) > 0) is_open = pass_on(socket, job);
    }
    ::sigprocmask(SIG_SETMASK, &usual, nullptr);
    return status;
}

}  // namespace sluice::sandbox
