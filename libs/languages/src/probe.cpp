// Starts every language's version command at once, then reads the answers with one deadline for
// all.
#include "sluice/core/deadline.hpp"
#include "sluice/languages/catalogue.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <regex>

namespace sluice::languages {
namespace {

constexpr auto longest_probe = std::chrono::seconds(10);
constexpr std::size_t max_output = 16 << 10;

struct started_probe {
    pid_t pid = -1;
    int output = -1;
};

bool is_executable(const std::string& path) {
    return access(path.c_str(), X_OK) == 0;
}

std::string how_to_install(const domain::language& l) {
    std::string line = "apt-get install";
    for (const auto& package : l.packages)
        line += " " + package;
    return line;
}

// The tools that must be there, whatever their version.
std::string missing_tool(const domain::language& l) {
    for (const auto* argv : {&l.version_command, &l.compile, &l.run}) {
        if (argv->empty() || argv->front().find('{') != std::string::npos) continue;
        // What compile makes (/box/out/main) is not there yet.
        if (argv->front().starts_with("/box/")) continue;
        if (!is_executable(argv->front())) return argv->front();
    }
    return {};
}

started_probe start(const std::vector<std::string>& command) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    // A group of its own, so that a wrapper script's children end with it.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);

    std::vector<std::string> arguments = command;
    std::vector<char*> argv;
    for (auto& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::array<std::string, 3> environment{
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "HOME=/nonexistent",
        "LANG=C.UTF-8"};
    std::array<char*, 4> envp{
        environment[0].data(),
        environment[1].data(),
        environment[2].data(),
        nullptr};

    started_probe probe;
    const int failed =
        posix_spawn(&probe.pid, argv[0], &actions, &attributes, argv.data(), envp.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed != 0) {
        close(ends[0]);
        return {};
    }
    probe.output = ends[0];
    return probe;
}

// All output, or what came before the deadline; ends the process either way.
std::string finish(const started_probe& probe, deadline until) {
    if (probe.pid < 0) return {};
    std::string output;
    std::array<char, 4096> buffer{};
    while (output.size() < max_output) {
        pollfd waiting{probe.output, POLLIN, 0};
        const auto left = static_cast<int>(until.left().count());
        const int ready = poll(&waiting, 1, left);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) break;
        const auto count = read(probe.output, buffer.data(), buffer.size());
        if (count <= 0) break;
        output.append(buffer.data(), static_cast<std::size_t>(count));
    }
    close(probe.output);
    // Harmless when it has ended: the group's number is ours until waitpid.
    kill(-probe.pid, SIGKILL);
    while (waitpid(probe.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return output;
}

}  // namespace

std::vector<domain::language_availability> probe(const std::vector<domain::language>& catalogue) {
    std::vector<domain::language_availability> found(catalogue.size());
    std::vector<started_probe> probes(catalogue.size());
    const auto until = deadline::in(longest_probe);
    for (std::size_t i = 0; i < catalogue.size(); ++i) {
        const auto& l = catalogue[i];
        found[i].id = l.id;
        const auto missing = missing_tool(l);
        if (missing.empty()) {
            probes[i] = start(l.version_command);
        } else {
            found[i].reason = missing + " is not installed: " + how_to_install(l);
        }
    }
    for (std::size_t i = 0; i < catalogue.size(); ++i) {
        if (!found[i].reason.empty()) continue;
        const auto& l = catalogue[i];
        const auto output = finish(probes[i], until);
        std::smatch match;
        if (std::regex_search(output, match, std::regex(l.version_pattern))) {
            found[i].is_available = true;
            found[i].version = match[1].str();
        } else {
            found[i].reason = l.version_command.front() +
                              " does not say its version; reinstall it: " + how_to_install(l);
        }
    }
    return found;
}

}  // namespace sluice::languages
