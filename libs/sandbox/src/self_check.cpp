// The checks themselves live in the static manager (self_check_main.cpp), because they must be made
// by the program that will build the sandboxes; this runs it and reads its lines.
#include "manager_path.hpp"
#include "oci/oci_config.hpp"

#include "sluice/sandbox/launcher.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::sandbox {

namespace {

std::string take_field(std::string_view& line) {
    const std::size_t at = std::min(line.find('\t'), line.size());
    std::string field(line.substr(0, at));
    line.remove_prefix(std::min(at + 1, line.size()));
    return field;
}

std::string read_to_end(int fd) {
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t n = 0; (n = ::read(fd, piece.data(), piece.size())) > 0;) {
        text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return text;
}

std::string run_self_check(const std::string& manager, const sandbox_config& config) {
    int pipe_fds[2] = {-1, -1};
    if (::pipe2(pipe_fds, O_CLOEXEC) < 0) return {};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    std::string path = manager;
    std::array<std::string, 8> words{
        "--self-check",
        "--machine",
        "--slots",
        std::to_string(std::max<std::int64_t>(1, config.slots)),
        "--cgroup-parent",
        config.cgroup_parent,
        "--first-uid",
        std::to_string(config.first_uid)};
    std::array<char*, words.size() + 2> argv{path.data()};
    std::transform(words.begin(), words.end(), argv.begin() + 1, [](std::string& w) {
        return w.data();
    });
    char* const envp[] = {nullptr};
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, manager.c_str(), &actions, nullptr, argv.data(), envp);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe_fds[1]);
    const std::string text = failed == 0 ? read_to_end(pipe_fds[0]) : std::string();
    ::close(pipe_fds[0]);
    if (failed == 0) {
        while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    return text;
}

self_check_report::item check_backend(const sandbox_config& config) {
    const auto kind = oci::configured_runtime(config);
    if (!kind) return {"sandbox backend", true, "native", ""};
    if (::geteuid() != 0) {
        return {
            "sandbox backend",
            false,
            config.backend + " without root",
            "start the service as root, which gives that up (worker.run_as), or choose native"};
    }
    auto path = oci::find_runtime(config, *kind);
    if (!path) return {"sandbox backend", false, config.backend, path.error().detail};
    const std::string version = oci::version_of(*path);
    return {
        "sandbox backend",
        !version.empty(),
        version.empty() ? *path + " could not be run" : version + " at " + *path,
        "install the package " + config.backend + " anew"};
}

}  // namespace

self_check_report self_check(const sandbox_config& config) {
    self_check_report report;
    const std::string manager = manager_path(config);
    const std::string text = run_self_check(manager, config);
    std::string_view left = text;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        std::string_view line = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        self_check_report::item item;
        item.name = take_field(line);
        item.is_ok = take_field(line) == "1";
        item.found = take_field(line);
        item.advice = take_field(line);
        report.items.push_back(std::move(item));
    }
    if (report.items.empty()) {
        report.items.push_back(
            {"slot manager",
             false,
             manager + " could not be run",
             "build the target sluice-slot-manager, or set sandbox.manager_path"}
        );
    }
    report.items.push_back(check_backend(config));
    report.is_safe = std::all_of(report.items.begin(), report.items.end(), [&](const auto& item) {
        return item.is_ok ||
               std::find(config.allow_weak.begin(), config.allow_weak.end(), item.name) !=
                   config.allow_weak.end();
    });
    return report;
}

std::string self_check_report::to_text() const {
    std::string text;
    for (const item& i : items) {
        text += (i.is_ok ? "ok   " : "NO   ") + i.name + ": " + i.found + "\n";
        if (!i.is_ok) text += "     -> " + i.advice + "\n";
    }
    return text;
}

}  // namespace sluice::sandbox
