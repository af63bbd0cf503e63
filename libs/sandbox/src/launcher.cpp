// Starting the launcher process, opening its slots, and ending all of it. After spawn() nothing
// here needs a privilege: slots are asked for over the socket that the launcher was born with.
#include "sluice/sandbox/launcher.hpp"

#include "egress_policy.hpp"
#include "fd_message.hpp"
#include "launcher_link.hpp"
#include "manager_path.hpp"
#include "oci/oci_config.hpp"
#include "protocol.hpp"
#include "slot.hpp"
#include "weak_points.hpp"

#include "sluice/core/assert.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

namespace sluice::sandbox {

void describe(config_visitor& v, network_config& c) {
    v.field(
        "egress",
        c.egress,
        "ADDRESS[/BITS]:PORT that languages with network: egress reach over TCP; none: nothing"
    );
}

void describe(config_visitor& v, sandbox_config& c) {
    v.choice(
        "backend",
        c.backend,
        {"native", "crun", "runc", "runsc"},
        "what programs run in: our own sandboxes, or containers of an OCI runtime"
    );
    v.field("runtime_path", c.runtime_path, "the OCI runtime; empty: its usual places");
    v.field(
        "slots",
        c.slots,
        "sandboxes that run at a time; 0: one per processor",
        {.minimum = 0, .maximum = 1024}
    );
    v.field(
        "manager_path",
        c.manager_path,
        "the static slot manager; empty: beside this executable"
    );
    v.field(
        "cgroup_parent",
        c.cgroup_parent,
        "folder below each cgroup mount; auto: sluice, or the delegated one; none: without cgroups"
    );
    v.field(
        "first_uid",
        c.first_uid,
        "first of two host uids per slot; must belong to nobody",
        {.minimum = 1000, .maximum = 4'000'000'000}
    );
    v.field(
        "read_only_paths",
        c.read_only_paths,
        "host paths visible read-only inside every sandbox"
    );
    v.field("allow_weak", c.allow_weak, "self-check items to do without, by name; insecure");
    v.field(
        "slot_cpu_percent",
        c.slot_cpu_percent,
        "processor time that a slot may use; 100 is one processor, 0 no limit, else at least 10",
        {.minimum = 0, .maximum = protocol::max_cpu_percent}
    );
    v.field(
        "runs_per_slot",
        c.runs_per_slot,
        "runs after which a slot is replaced",
        {.minimum = 1}
    );
    v.section("network", c.network, "what programs may reach");
}

namespace {

result<void> set_egress(const network_config& config, protocol::launcher_config& message) {
    std::set<std::uint16_t> ports;
    if (config.egress.size() > protocol::max_egress_rules) {
        return fail(errc::invalid, "sandbox.network.egress has too many entries");
    }
    for (const std::string& text : config.egress) {
        const auto rule = parse_egress_rule(text);
        if (!rule) {
            return fail(
                errc::invalid,
                "sandbox.network.egress: \"" + text +
                    "\" is not ADDRESS[/BITS]:PORT without bits beyond the prefix (TCP only; IPv6 "
                    "in brackets)"
            );
        }
        ports.insert(rule->port);
        message.egress[message.egress_count++] = *rule;
    }
    if (ports.size() > protocol::max_egress_ports) {
        return fail(errc::invalid, "sandbox.network.egress has too many different ports");
    }
    return {};
}

bool is_showable(const std::string& path) {
    for (const std::string_view hidden :
         {"/proc", "/sys", "/dev", "/box", "/tmp", "/run", "/.run", "/.old"}) {
        if (path == hidden || path.starts_with(std::string(hidden) + "/")) return false;
    }
    // Whole /etc would show the host's accounts; its parts may be named one by one.
    return path.size() > 1 && path[0] == '/' && path != "/etc" &&
           path.find("/../") == std::string::npos && !path.ends_with("/..") &&
           path.find('\0') == std::string::npos;
}

result<std::string> encode_paths(const std::vector<std::string>& paths) {
    std::string bytes;
    if (paths.size() > protocol::max_read_only_paths)
        return fail(errc::invalid, "too many read_only_paths");
    for (std::string path : paths) {
        while (path.size() > 1 && path.back() == '/')
            path.pop_back();
        if (!is_showable(path)) {
            return fail(
                errc::invalid,
                "read_only_paths: \"" + path + "\" may not be shown in a sandbox"
            );
        }
        bytes.append(path.c_str(), path.size() + 1);
    }
    if (bytes.size() > protocol::max_path_bytes)
        return fail(errc::invalid, "read_only_paths are too long");
    return bytes;
}

result<void> send_config(int socket, const sandbox_config& config, const std::string& paths) {
    protocol::launcher_config message;
    message.slots = static_cast<std::uint32_t>(config.slots);
    message.first_uid = static_cast<std::uint32_t>(config.first_uid);
    message.cpu_percent = static_cast<std::uint32_t>(config.slot_cpu_percent);
    if (message.cpu_percent != 0 && message.cpu_percent < protocol::min_cpu_percent) {
        return fail(errc::invalid, "slot_cpu_percent is too small to be enforced");
    }
    // Fail closed: the launcher does not map its own uid alone unless each loss was accepted by
    // name.
    message.may_use_single_uid =
        std::ranges::all_of(single_uid_weak_points, [&](const weak_point& weak) {
            return !weak.is_always || std::ranges::count(config.allow_weak, weak.name) > 0;
        });
    message.may_run_without_cgroups =
        std::ranges::all_of(no_cgroup_weak_points, [&](const weak_point& weak) {
            return std::ranges::count(config.allow_weak, weak.name) > 0;
        });
    message.has_fork_servers = config.has_fork_servers ? 1 : 0;
    message.path_count = static_cast<std::uint32_t>(config.read_only_paths.size());
    message.path_bytes = static_cast<std::uint32_t>(paths.size());
    if (config.cgroup_parent.size() >= sizeof message.cgroup_parent ||
        config.cgroup_parent.empty() || config.cgroup_parent.find('/') != std::string::npos ||
        config.cgroup_parent.starts_with('.')) {
        return fail(errc::invalid, "cgroup_parent is not a folder name");
    }
    if (const auto runtime = oci::configured_runtime(config)) {
        return oci::send_oci_config(socket, config, *runtime, paths);
    }
    SLUICE_TRY(set_egress(config.network, message));
    std::memcpy(message.cgroup_parent, config.cgroup_parent.data(), config.cgroup_parent.size());
    const message_part parts[] = {{&message, sizeof message}, {paths.data(), paths.size()}};
    if (send_message(socket, parts) < 0) return fail(errc::io, "the launcher ended at once");
    return {};
}

// The child gets exactly: null as input and output, our stderr, the socket as 3; default signals; a
// session of its own, so that Ctrl-C reaches the service only, which then ends it in order.
result<pid_t> spawn_process(const std::string& manager, std::string role, int socket) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, socket, 3);
    posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(
        &attributes,
        POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID
    );
    std::string path = manager;
    char* const argv[] = {path.data(), role.data(), nullptr};
    char* const envp[] = {nullptr};
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, manager.c_str(), &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return fail(errc::io, manager + ": " + std::strerror(failed));
    return child;
}

}  // namespace

std::string problem_in(const network_config& c) {
    protocol::launcher_config message;
    const auto fits = set_egress(c, message);
    return fits ? std::string() : fits.error().detail;
}

std::string manager_path(const sandbox_config& config) {
    if (!config.manager_path.empty()) return config.manager_path;
    std::array<char, 4096> self{};
    const ssize_t n = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
    const std::string path(self.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    return path.substr(0, path.rfind('/') + 1) + "sluice-slot-manager";
}

result<std::string> read_beside_manager(const sandbox_config& config, const std::string& name) {
    const std::string manager = manager_path(config);
    const std::string path = manager.substr(0, manager.rfind('/') + 1) + name;
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    if (!file) return fail(errc::io, path + ": cannot be read");
    return bytes.str();
}

struct launcher::impl {
    sandbox_config config;
    unique_fd control;  // until open() gives it to the loop
    pid_t pid = -1;
    std::unique_ptr<launcher_link> link;
    std::vector<std::unique_ptr<slot_impl>> slots;

    void end_process() {
        for (auto& s : slots)
            s->close();
        if (link) link->hang_up();
        control.reset();
    }
};

launcher::launcher() : impl_(std::make_unique<impl>()) {}

launcher::~launcher() {
    impl_->end_process();
    // The launcher that was started, or the spare that took its place: the socket says when both
    // are gone.
    if (impl_->link) impl_->link->wait_ended();
    if (impl_->pid > 0) {
        while (::waitpid(impl_->pid, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

result<std::unique_ptr<launcher>> launcher::spawn(sandbox_config config) {
    auto paths = encode_paths(config.read_only_paths);
    if (!paths) return std::move(paths).error();
    if (config.slots == 0) config.slots = std::max(1U, std::thread::hardware_concurrency());
    const self_check_report report = self_check(config);
    if (!report.is_safe) return error{sandbox_errc::unsafe_host, report.to_text()};

    int sockets[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        return fail(errc::io, "socketpair");
    }
    unique_fd ours(sockets[0]);
    const unique_fd theirs(sockets[1]);
    const bool is_native = !oci::configured_runtime(config);
    const std::string role = is_native ? "--launcher" : "--oci-launcher";
    auto pid = spawn_process(manager_path(config), role, theirs.get());
    if (!pid) return std::move(pid).error();
    std::unique_ptr<launcher> made(new launcher());
    made->impl_->pid = *pid;
    made->impl_->control = std::move(ours);
    SLUICE_TRY(send_config(made->impl_->control.get(), config, *paths));
    made->impl_->config = std::move(config);
    return made;
}

std::size_t launcher::slot_count() const {
    return static_cast<std::size_t>(impl_->config.slots);
}

awaitable<result<void>> launcher::open(asio::any_io_executor executor) {
    SLUICE_ASSERT(!impl_->link);
    impl_->link = std::make_unique<launcher_link>(executor, impl_->control.release());
    for (unsigned i = 0; i < slot_count(); ++i) {
        impl_->slots.push_back(
            std::make_unique<slot_impl>(executor, *impl_->link, i, impl_->config.runs_per_slot)
        );
    }
    for (auto& s : impl_->slots) {
        auto opened = co_await s->open();
        if (!opened) co_return std::move(opened).error();
    }
    co_return result<void>();
}

slot& launcher::at(std::size_t index) {
    SLUICE_ASSERT(index < impl_->slots.size());
    return *impl_->slots[index];
}

awaitable<void> launcher::close() {
    impl_->end_process();
    if (impl_->pid <= 0) co_return;
    if (impl_->link) co_await impl_->link->ended();
    while (::waitpid(impl_->pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    impl_->pid = -1;
}

}  // namespace sluice::sandbox
