// PID 1 of the arm64 guest, and all that runs there beside the slot manager: a machine as small as
// one can be, the manager's self-check, then each attack of /attacks in one slot. It speaks the
// manager's protocol itself, because the library that services use needs more than a static binary
// has. What came of an attack goes to the console; run_on_arm64.py compares it with what the
// attack's header says.
#include "fd_message.hpp"
#include "message_check.hpp"
#include "pack_format.hpp"
#include "protocol.hpp"
#include "small_io.hpp"
#include "step.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using namespace sluice::sandbox;

namespace {

constexpr const char* manager_path = "/sluice-slot-manager";
constexpr const char* own_path = "/guest";
constexpr std::size_t kept_output = 64 << 10;
constexpr std::size_t shown_output = 4000;

[[noreturn]] void power_off(const char* why) {
    std::printf("guest: %s\n", why);
    std::fflush(stdout);
    ::sync();
    ::reboot(RB_POWER_OFF);
    ::_exit(1);
}

std::string content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The kernel's first root cannot be pivoted away from, which is what a slot does: everything moves
// to a tmpfs.
void make_machine() {
    ::mkdir("/new", 0755);
    ::mount("root", "/new", "tmpfs", 0, "mode=0755");
    ::mkdir("/new/attacks", 0755);
    const auto copy = [](const std::string& path) {
        std::ofstream("/new" + path, std::ios::binary) << content_of(path);
        ::chmod(("/new" + path).c_str(), 0755);
    };
    copy(own_path);
    copy(manager_path);
    DIR* folder = ::opendir("/attacks");
    while (const dirent* e = folder != nullptr ? ::readdir(folder) : nullptr) {
        if (e->d_name[0] != '.') copy(std::string("/attacks/") + e->d_name);
    }
    if (::chdir("/new") < 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) < 0 ||
        ::chroot(".") < 0 || ::chdir("/") < 0) {
        power_off("no root");
    }
    for (const char* made : {"/proc", "/sys", "/dev", "/usr", "/etc", "/run", "/tmp"})
        ::mkdir(made, 0755);
    ::chmod("/tmp", 01777);
    // A file of the host that every program sees.
    ::mkdir("/usr/bin", 0755);
    std::ofstream("/usr/bin/env", std::ios::binary) << content_of(own_path);
    ::chmod("/usr/bin/env", 0755);
    ::mount("dev", "/dev", "devtmpfs", 0, nullptr);
    const int console = ::open("/dev/console", O_RDWR);
    for (int fd = 0; fd < 3; ++fd)
        ::dup2(console, fd);
    ::mkdir("/dev/pts", 0755);
    ::mkdir("/dev/shm", 0755);
    ::mount("proc", "/proc", "proc", 0, nullptr);
    ::mount("sys", "/sys", "sysfs", 0, nullptr);
    ::mount("shm", "/dev/shm", "tmpfs", 0, "mode=1777");
    if (::mount("cgroup", "/sys/fs/cgroup", "cgroup2", 0, "nsdelegate") < 0)
        power_off("no cgroups");
}

pid_t start(const char* role, int socket) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (socket >= 0 && ::dup2(socket, protocol::slot_socket_fd) < 0) ::_exit(98);
    ::execl(manager_path, manager_path, role, static_cast<char*>(nullptr));
    ::_exit(99);
}

int end_of(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// One launcher with one slot.
class one_slot {
public:
    one_slot() {
        int ends[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
            power_off("no sockets");
        launcher_.reset(ends[0]);
        const owned_fd theirs(ends[1]);
        (void)start("--launcher", theirs.get());
        protocol::launcher_config config;
        config.slots = 1;
        config.first_uid = 200'000;
        config.path_count = 1;
        constexpr char paths[] = "/usr";
        config.path_bytes = sizeof paths;
        std::strcpy(config.cgroup_parent, "sluice-test");
        const message_part parts[] = {{&config, sizeof config}, {paths, sizeof paths}};
        protocol::launcher_request open;
        open.serial = 1;
        if (send_message(launcher_.get(), parts) < 0 || send_struct(launcher_.get(), open) < 0) {
            power_off("the launcher ended");
        }
        protocol::launcher_reply reply;
        received_message message;
        const long size =
            message.receive(launcher_.get(), std::as_writable_bytes(std::span(&reply, 1)));
        if (!is_valid(reply, size, message.fd_count()) || reply.step != 0) power_off("no slot");
        manager_.reset(message.take_fd(0));
        protocol::slot_reply ready;
        if (!receive(ready) || ready.event != protocol::slot_event::ready)
            power_off("the slot is not ready");
    }

    // Sends a run and returns how it ended, in the words of the attacks' headers; `out` gets what
    // was written.
    std::string run(
        const protocol::slot_request& limits,
        const std::string& program,
        const char* argument,
        std::string& out
    ) {
        protocol::slot_request head = limits;
        std::string command = std::string("/box/attack") + '\0';
        head.argc = 1;
        if (argument != nullptr) {
            command += std::string(argument) + '\0';
            head.argc = 2;
        }
        command += std::string("PATH=/usr/bin:/bin") + '\0' + '\0';  // and no folder to collect
        head.envc = 1;
        head.command_bytes = static_cast<std::uint32_t>(command.size());
        head.pack_count = 1;
        const owned_fd pack = pack_of(program);
        const int fds[] = {pack.get()};
        const message_part parts[] = {{&head, sizeof head}, {command.data(), command.size()}};
        if (send_message(manager_.get(), parts, fds) < 0) return "error=slot_died";
        const owned_fd streams[] = {std::move(next_[0]), std::move(next_[1])};
        std::string kept[2];
        bool is_exceeded = false;
        for (bool is_over = false; !is_over;) {
            pollfd waiting[] = {
                {manager_.get(), POLLIN, 0},
                {streams[0].get(), POLLIN, 0},
                {streams[1].get(), POLLIN, 0}};
            for (int i = 0; i < 2; ++i) {
                if (is_exceeded) waiting[i + 1].fd = -1;
            }
            ::poll(waiting, 3, -1);
            is_over = waiting[0].revents != 0;
            for (int i = 0; i < 2; ++i)
                is_exceeded = take(streams[i].get(), kept[i]) || is_exceeded;
            if (is_exceeded && !is_over) {
                protocol::slot_request kill;
                kill.verb = protocol::slot_verb::kill;
                (void)send_struct(manager_.get(), kill);
                ::poll(waiting, 1, -1);
                is_over = true;
            }
        }
        protocol::slot_reply reply;
        if (!receive(reply)) power_off("the slot manager ended");
        for (int i = 0; i < 2; ++i)
            is_exceeded = take(streams[i].get(), kept[i]) || is_exceeded;
        out = kept[0] + kept[1];
        if (reply.event != protocol::slot_event::finished) {
            out += describe_step(reply.step, reply.error_number);
            return "error=setup_failed";
        }
        return end_in_words(reply, is_exceeded);
    }

private:
    bool receive(protocol::slot_reply& reply) {
        received_message message;
        const long size =
            message.receive(manager_.get(), std::as_writable_bytes(std::span(&reply, 1)));
        if (!is_valid(reply, size, message.fd_count()) || message.fd_count() != 2) return false;
        for (std::size_t i = 0; i < 2; ++i) {
            next_[i].reset(message.take_fd(i));
            ::fcntl(next_[i].get(), F_SETFL, O_NONBLOCK);
        }
        return true;
    }

    // True when there is more than is kept.
    static bool take(int fd, std::string& kept) {
        char piece[4096];
        for (ssize_t n = 0;
             kept.size() <= kept_output && (n = ::read(fd, piece, sizeof piece)) > 0;)
            kept.append(piece, static_cast<std::size_t>(n));
        return kept.size() > kept_output;
    }

    static std::string end_in_words(const protocol::slot_reply& reply, bool is_exceeded) {
        const int status = reply.wait_status;
        std::string end = WIFEXITED(status) ? "exit=" + std::to_string(WEXITSTATUS(status))
                                            : "signal=" + std::to_string(WTERMSIG(status));
        const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        std::string limit;
        if (reply.wall_exceeded != 0) limit += "wall";
        if (reply.cpu_exceeded != 0 || signal == SIGXCPU) limit += "cpu";
        if (reply.memory_exceeded != 0) limit += "memory";
        if (reply.processes_exceeded != 0) limit += "processes";
        if (is_exceeded) limit += "output";
        if (signal == SIGXFSZ) limit += "file_size";
        return end + " limit=" + (limit.empty() ? "none" : limit);
    }

    static owned_fd pack_of(const std::string& program) {
        constexpr std::string_view name = "attack";
        const pack::header head{pack::magic, 1};
        const pack::entry entry{name.size(), 0755, program.size()};
        owned_fd file(::memfd_create("pack", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
        bytes.append(reinterpret_cast<const char*>(&entry), sizeof entry);
        bytes.append(name).append(program);
        if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
            power_off("no pack");
        ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
        return file;
    }

    owned_fd launcher_, manager_;
    owned_fd next_[2];
};

// What an attack's line in /attacks/list says: NAME, then limits in the order of slot_request.
protocol::slot_request limits_in(std::istream& line) {
    protocol::slot_request r;
    line >> r.cpu_us >> r.wall_us >> r.memory_bytes >> r.processes >> r.file_bytes >>
        r.disk_bytes >> r.inodes >> r.open_files >> r.stack_bytes;
    return r;
}

void show(const std::string& name, const std::string& end, const std::string& out) {
    std::printf("attack %s: %s\n", name.c_str(), end.c_str());
    std::istringstream lines(out.substr(0, shown_output));
    for (std::string line; std::getline(lines, line);) {
        for (char& c : line) {
            if (c < ' ' || c > '~') c = '?';
        }
        std::printf("| %s\n", line.substr(0, 200).c_str());
    }
    std::fflush(stdout);
}

// As the program of a run: what the last one left.
int look() {
    for (const char* path : {"/box", "/tmp", "/dev/shm", "/proc"}) {
        std::printf("%s", path);
        DIR* folder = ::opendir(path);
        while (const dirent* e = folder != nullptr ? ::readdir(folder) : nullptr) {
            const bool is_shown =
                std::strcmp(path, "/proc") != 0 || (e->d_name[0] >= '0' && e->d_name[0] <= '9');
            if (is_shown && e->d_name[0] != '.') std::printf(" %s", e->d_name);
        }
        std::printf(";");
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "--look") == 0) return look();
    if (::getpid() != 1) return 2;
    make_machine();
    if (end_of(start("--self-check", -1)) != 0) power_off("the self-check failed");
    one_slot slot;
    const std::string own = content_of(own_path);
    std::ifstream list("/attacks/list");
    for (std::string text; std::getline(list, text);) {
        std::istringstream line(text);
        std::string name;
        line >> name;
        const protocol::slot_request limits = limits_in(line);
        std::string out;
        const std::string end = slot.run(limits, content_of("/attacks/" + name), nullptr, out);
        std::string seen;
        protocol::slot_request usual = limits;
        usual.cpu_us = usual.wall_us = 60'000'000;
        usual.memory_bytes = 256 << 20;
        const std::string next = slot.run(usual, own, "--look", seen);
        if (next != "exit=0 limit=none" || seen != "/box attack;/tmp;/dev/shm;/proc 1 2;") {
            show(name, end + " left=something", out + "\nthe next run: " + next + " " + seen);
        } else {
            show(name, end, out);
        }
    }
    power_off("all attacks were run");
}
