// Where a runtime lies, and what it calls itself.
#include "oci_config.hpp"

#include "sluice/runtime/unique_fd.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace sluice::sandbox::oci {

std::optional<runtime_kind> configured_runtime(const sandbox_config& config) {
    return runtime_named(config.backend);
}

result<std::string> find_runtime(const sandbox_config& config, runtime_kind kind) {
    const std::string name(name_of(kind));
    if (kind == runtime_kind::runsc) {
        return fail(
            errc::invalid,
            "sandbox.backend runsc does not work yet: Debian's runsc passes no descriptors into a "
            "container (docs/security.md); choose native, crun or runc"
        );
    }
    std::vector<std::string> candidates;
    if (!config.runtime_path.empty()) {
        candidates = {config.runtime_path};
    } else {
        // /usr first: it belongs to the packages.
        for (const char* folder :
             {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"}) {
            candidates.push_back(folder + name);
        }
    }
    for (const std::string& path : candidates) {
        if (path[0] == '/' && ::access(path.c_str(), X_OK) == 0) return path;
    }
    return fail(
        errc::not_found,
        "sandbox.backend is " + name + ", but there is no program " + candidates[0] +
            ": install the package " + name + " (apt-get install " + name +
            "), or set sandbox.runtime_path"
    );
}

std::string version_of(const std::string& path) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) < 0) return {};
    const unique_fd reader(ends[0]);
    unique_fd writer(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, writer.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    std::string command = path;
    char flag[] = "--version";
    char* const argv[] = {command.data(), flag, nullptr};
    char* const envp[] = {nullptr};
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, path.c_str(), &actions, nullptr, argv, envp);
    posix_spawn_file_actions_destroy(&actions);
    writer.reset();
    if (failed != 0) return {};
    std::array<char, 512> text{};
    const ssize_t n = ::read(reader.get(), text.data(), text.size());
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    const std::string_view all(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    return std::string(all.substr(0, all.find('\n')));
}

}  // namespace sluice::sandbox::oci
