// Starting and ending of server processes. setpriv changes the user and asks the kernel for a
// SIGKILL when the test dies; it replaces itself with the server, so the pid we hold is the
// server's.
#include "child_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace sluice::testing {
namespace {

constexpr std::chrono::seconds start_limit{60};
constexpr int log_poll_ms = 5;

[[noreturn]] void fail_with_errno(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

std::string read_file(const std::string& path, std::size_t from) {
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(from));
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

std::size_t size_of(const std::string& path) {
    std::error_code none;
    const auto size = std::filesystem::file_size(path, none);
    return none ? 0 : static_cast<std::size_t>(size);
}

std::vector<std::string> with_setpriv(const child_command& command) {
    std::vector<std::string> argv{"/usr/bin/setpriv", "--pdeathsig", "KILL"};
    if (::geteuid() == 0) {
        const passwd* entry = ::getpwnam(command.user.c_str());  // tests have one thread here
        if (entry == nullptr) throw std::runtime_error("no user " + command.user);
        argv.insert(
            argv.end(),
            {"--reuid",
             std::to_string(entry->pw_uid),
             "--regid",
             std::to_string(entry->pw_gid),
             "--clear-groups"}
        );
    }
    argv.insert(argv.end(), command.argv.begin(), command.argv.end());
    return argv;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

pid_t start(const child_command& command) {
    std::vector<std::string> argv = with_setpriv(command);
    std::vector<std::string> environment{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8"};
    for (const auto& [name, value] : command.environment)
        environment.push_back(name + "=" + value);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(
        &actions,
        1,
        command.log_file.c_str(),
        O_WRONLY | O_CREAT | O_APPEND,
        0644
    );
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t pid = -1;
    const int failed = ::posix_spawn(
        &pid,
        argv[0].c_str(),
        &actions,
        nullptr,
        pointers(argv).data(),
        pointers(environment).data()
    );
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        errno = failed;
        fail_with_errno("cannot start " + command.argv[0]);
    }
    return pid;
}

}  // namespace

child_process::child_process(const child_command& command, const std::string& ready_text) {
    const std::size_t log_start = size_of(command.log_file);
    pid_ = start(command);
    const auto until = std::chrono::steady_clock::now() + start_limit;
    while (read_file(command.log_file, log_start).find(ready_text) == std::string::npos) {
        int status = 0;
        const bool is_dead = ::waitpid(pid_, &status, WNOHANG) == pid_;
        if (is_dead || std::chrono::steady_clock::now() > until) {
            if (is_dead) pid_ = -1;
            end(SIGKILL);
            throw std::runtime_error(
                command.argv[0] + (is_dead ? " ended" : " did not get ready") + ":\n" +
                read_file(command.log_file, log_start)
            );
        }
        ::poll(nullptr, 0, log_poll_ms);
    }
}

child_process::~child_process() {
    end(SIGKILL);
}

void child_process::end(int signal) {
    if (pid_ < 0) return;
    ::kill(pid_, signal);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

void child_process::kill_with_children() {
    if (pid_ < 0) return;
    // Stopped, it makes no more of them.
    int status = 0;
    ::kill(pid_, SIGSTOP);
    while (::waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) {
    }
    std::vector<int> children;
    const std::string pid = std::to_string(pid_);
    std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
    for (pid_t child = 0; list >> child;) {
        const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
        if (handle >= 0) children.push_back(handle);
    }
    end(SIGKILL);
    for (const int handle : children) {
        ::syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0);
        pollfd gone{handle, POLLIN, 0};
        while (::poll(&gone, 1, -1) < 0 && errno == EINTR) {
        }
        ::close(handle);
    }
}

void run_to_end(const child_command& command) {
    const pid_t pid = start(command);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error(command.argv[0] + " failed:\n" + read_file(command.log_file, 0));
    }
}

int free_loopback_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail_with_errno("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool is_good = ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0;
    ::close(fd);
    if (!is_good) fail_with_errno("no free port");
    return ntohs(address.sin_port);
}

temporary_folder::temporary_folder(const std::string& user) : user_(user) {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice_test_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) fail_with_errno("mkdtemp");
    path_ = pattern;
    // Other users must be able to pass through.
    ::chmod(path_.c_str(), 0755);
}

temporary_folder::~temporary_folder() {
    std::error_code none;  // a folder left behind must not end the test
    std::filesystem::remove_all(path_, none);
}

namespace {

void give_to(const std::string& user, const std::string& path) {
    if (::geteuid() != 0) return;
    const passwd* entry = ::getpwnam(user.c_str());
    if (entry == nullptr || ::chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0) {
        fail_with_errno("cannot give " + path + " to " + user);
    }
}

}  // namespace

std::string temporary_folder::make_folder(const std::string& name) const {
    const std::string path = path_ + "/" + name;
    if (::mkdir(path.c_str(), 0700) != 0) fail_with_errno("mkdir " + path);
    give_to(user_, path);
    return path;
}

std::string temporary_folder::write_file(
    const std::string& name,
    const std::string& text,
    unsigned mode
) const {
    std::string path = path_ + "/" + name;
    std::ofstream(path) << text;
    give_to(user_, path);
    ::chmod(path.c_str(), mode);
    return path;
}

}  // namespace sluice::testing
