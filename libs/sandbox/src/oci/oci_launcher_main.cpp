// The launcher of the OCI backend: clones slot managers, ends them, removes what cgroups they left.
// Like the native one, whose loop it uses, it reads a configuration and "open slot n", both from
// the service, has a spare, and ends when the service's socket closes.
#include "../cgroup.hpp"
#include "../fd_message.hpp"
#include "../slot_opener.hpp"
#include "container_cgroup.hpp"
#include "oci_roles.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace sluice::sandbox::oci {

namespace {

constexpr int control_fd = 3;

bool is_text(const char* text, std::size_t size) {
    return text[0] != '\0' && std::memchr(text, '\0', size) != nullptr;
}

bool take_paths(const launcher_config& config, std::string_view paths, oci_settings& settings) {
    for (std::uint32_t i = 0; i < config.path_count; ++i) {
        const std::size_t end = paths.find('\0');
        if (end == std::string_view::npos || end == 0 || paths[0] != '/') return false;
        settings.read_only_paths.emplace_back(paths.substr(0, end));
        paths.remove_prefix(end + 1);
    }
    return paths.empty();
}

bool take_template(int memfd, std::string& out) {
    struct stat info {};
    if (::fstat(memfd, &info) < 0 || info.st_size <= 0 ||
        info.st_size > static_cast<off_t>(max_template_bytes)) {
        return false;
    }
    out.resize(static_cast<std::size_t>(info.st_size));
    return ::pread(memfd, out.data(), out.size(), 0) == info.st_size;
}

bool receive_config(oci_settings& settings) {
    std::vector<std::byte> buffer(sizeof(launcher_config) + protocol::max_path_bytes);
    received_message message;
    const long size = message.receive(control_fd, buffer);
    launcher_config config;
    if (size < static_cast<long>(sizeof config) || message.fd_count() != 1) return false;
    std::memcpy(&config, buffer.data(), sizeof config);
    if (config.message_magic != protocol::magic || name_of(config.runtime).empty() ||
        config.slots == 0 || config.slots > protocol::max_slots || config.first_uid == 0 ||
        config.path_count > protocol::max_read_only_paths ||
        config.path_bytes > protocol::max_path_bytes ||
        config.cpu_percent > protocol::max_cpu_percent ||
        static_cast<std::size_t>(size) != sizeof config + config.path_bytes ||
        !is_text(config.cgroup_parent, sizeof config.cgroup_parent) ||
        !is_text(config.runtime_path, sizeof config.runtime_path) ||
        config.runtime_path[0] != '/') {
        return false;
    }
    settings.runtime = config.runtime;
    settings.runtime_path = config.runtime_path;
    settings.slots = config.slots;
    settings.first_uid = config.first_uid;
    settings.cpu_percent = config.cpu_percent;
    settings.cgroup_parent = config.cgroup_parent;
    const std::string_view paths(
        reinterpret_cast<const char*>(buffer.data()) + sizeof config,
        config.path_bytes
    );
    return take_paths(config, paths, settings) && take_template(message.fds()[0], settings.bundle);
}

class container_slots final : public slot_opener {
public:
    explicit container_slots(oci_settings settings)
        : settings_(std::move(settings)), managers_(settings_.slots, -1) {
        const cgroup_findings found = find_cgroups(settings_.cgroup_parent);
        settings_.cgroup_path = launcher_cgroup(settings_.cgroup_parent, ::getpid());
        if (settings_.cgroup_path.empty()) return;
        sweep_stale_launchers(settings_.cgroup_path);
        cgroups_ = make_cgroup_host(found, settings_.cpu_percent);
    }
    unsigned slot_count() const override { return settings_.slots; }

    step_error open_slot(unsigned slot, protocol::network reach, int& socket) override {
        if (!cgroups_) return {setup_step::create_cgroup, ENODEV};
        // The execution service refuses to start with such a language; this is behind it.
        if (reach != protocol::network::none) return {setup_step::raise_loopback, EOPNOTSUPP};
        end_manager(slot);
        // The slot's folder and its processor limit; the runtime makes the container's below it.
        slot_cgroup_fds fds;
        if (const step_error e = cgroups_->open_slot(slot, stays_ours(), fds)) return e;
        for (const int fd : fds.fds) {
            if (fd >= 0) ::close(fd);
        }
        return start_manager(slot, socket);
    }
    // Not the folder above it, in which our own is made with the first slot.
    void remove_what_is_left_of(pid_t launcher) override {
        const std::string path = launcher_cgroup(settings_.cgroup_parent, launcher);
        if (!path.empty()) remove_launcher(path);
    }
    void close_all() override {
        for (unsigned slot = 0; slot < managers_.size(); ++slot)
            end_manager(slot);
        if (!cgroups_) return;
        remove_launcher(settings_.cgroup_path);
        remove_parent(settings_.cgroup_path);
    }

private:
    // The manager is root and needs none of the slot's cgroup files as somebody else.
    static id_plan stays_ours() {
        id_plan plan;
        plan.mode = id_mode::single;
        return plan;
    }

    step_error start_manager(unsigned slot, int& socket) {
        int sockets[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
            return {setup_step::make_slot_socket, errno};
        }
        constexpr unsigned long flags =
            CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD;
        const auto child =
            static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr));
        if (child == 0) oci_slot_main(settings_, slot, sockets[1]);
        const int failed = errno;
        ::close(sockets[1]);
        if (child < 0) {
            ::close(sockets[0]);
            return {setup_step::clone_slot, failed};
        }
        managers_[slot] = child;
        socket = sockets[0];
        return {};
    }

    // The manager is PID 1 of its namespace: the wait returns when every container is gone too.
    void end_manager(unsigned slot) {
        if (managers_[slot] < 0) return;
        ::kill(managers_[slot], SIGKILL);
        while (::waitpid(managers_[slot], nullptr, 0) < 0 && errno == EINTR) {
        }
        managers_[slot] = -1;
        const std::string path = settings_.cgroup_path + "/s" + std::to_string(slot);
        for (const std::string& root : cgroup_roots()) {
            if (::access((root + path).c_str(), F_OK) == 0) remove_cgroup_tree(root + path);
        }
    }

    oci_settings settings_;
    std::vector<pid_t> managers_;
    std::unique_ptr<cgroup_host> cgroups_;
};

}  // namespace

int oci_launcher_main() {
    become_launcher();
    oci_settings settings;
    if (!receive_config(settings)) {
        std::fputs("sluice-slot-manager: no valid OCI configuration on descriptor 3\n", stderr);
        return 1;
    }
    return serve_slots([&] { return std::make_unique<container_slots>(settings); });
}

}  // namespace sluice::sandbox::oci
