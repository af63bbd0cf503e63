// See prepare.hpp. A making is complete by having its name: it is made under another one and
// renamed.
#include "sluice/languages/prepare.hpp"

#include "sluice/core/digest.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace sluice::languages {
namespace {

namespace fs = std::filesystem;

constexpr const char* depends_file = "depends";
constexpr std::size_t max_described = 20'000;  // files; more are not worth looking at

std::string short_hash(const std::string& text) {
    return to_hex(sha256(text).substr(0, 8));
}

bool is_ours_alone(const fs::path& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
    const bool is_trusted = info.st_uid == 0 || info.st_uid == ::geteuid();
    return is_trusted && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// What `folder` was made from and what is in it, as text; "" when that cannot be told.
std::string description(const domain::language& l, const fs::path& folder) {
    std::string text = "sluice prepared 1\n" + l.prepare.script + "\n";
    std::ifstream depends(folder / depends_file);
    if (!depends) return {};
    for (std::string path; std::getline(depends, path);) {
        struct stat info {};
        if (::stat(path.c_str(), &info) != 0) return {};
        text += path + " " + std::to_string(info.st_size) + " " +
                std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) +
                "\n";
    }
    std::error_code code;
    std::vector<std::string> made;
    for (auto at = fs::recursive_directory_iterator(folder, code); !code && at != end(at);
         at.increment(code)) {
        if (at->is_directory(code)) continue;
        if (!at->is_regular_file(code) || made.size() == max_described) return {};
        made.push_back(
            at->path().lexically_relative(folder).string() + " " +
            std::to_string(at->file_size(code)) + "\n"
        );
    }
    if (code) return {};
    std::ranges::sort(made);
    for (const auto& line : made)
        text += line;
    return text;
}

std::string name_of(const domain::language& l, const fs::path& folder) {
    const std::string text = description(l, folder);
    return text.empty() ? std::string() : l.id + "-" + short_hash(text);
}

// Every making of this language, the newest first.
std::vector<fs::path> makings(const domain::language& l, const fs::path& root) {
    const std::size_t length = l.id.size() + 1 + 16;
    std::vector<std::pair<fs::file_time_type, fs::path>> found;
    std::error_code code;
    for (auto at = fs::directory_iterator(root, code); !code && at != end(at); at.increment(code)) {
        const std::string name = at->path().filename().string();
        if (name.size() != length || !name.starts_with(l.id + "-")) continue;
        std::error_code gone;
        found.emplace_back(at->last_write_time(gone), at->path());
    }
    std::ranges::sort(found, std::greater<>());
    std::vector<fs::path> paths;
    for (auto& [time, path] : found)
        paths.push_back(std::move(path));
    return paths;
}

result<void> run_script(const std::string& script, const fs::path& folder) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    std::array<std::string, 4> words{"/bin/sh", "-euc", script, "prepare"};
    std::array<char*, 5> argv{
        words[0].data(),
        words[1].data(),
        words[2].data(),
        words[3].data(),
        nullptr};
    std::array<std::string, 3> variables{
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "HOME=" + folder.string(),
        "LANG=C.UTF-8"};
    std::array<char*, 4> env{
        variables[0].data(),
        variables[1].data(),
        variables[2].data(),
        nullptr};
    pid_t pid = -1;
    const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), env.data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return fail(errc::io, "/bin/sh: " + std::generic_category().message(failed));
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return fail(errc::io, "the script of `prepare` failed; see its messages");
}

// Gone at the end unless it was renamed.
class scratch_folder {
public:
    explicit scratch_folder(fs::path path) : path_(std::move(path)) {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
        fs::create_directory(path_, code_);
    }
    ~scratch_folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    const fs::path& path() const { return path_; }
    const std::error_code& code() const { return code_; }

private:
    fs::path path_;
    std::error_code code_;
};

}  // namespace

std::string find_prepared(const domain::language& l, const std::string& root) {
    if (l.prepare.script.empty() || root.empty() || !is_ours_alone(root)) return {};
    for (const fs::path& folder : makings(l, root)) {
        if (!is_ours_alone(folder)) continue;
        if (folder.filename() == name_of(l, folder)) return folder.string();
    }
    return {};
}

result<std::string> prepare(const domain::language& l, const std::string& root) {
    if (l.prepare.script.empty()) return std::string();
    if (!root.starts_with('/')) return fail(errc::invalid, root + ": must be an absolute path");
    std::string usable = find_prepared(l, root);
    if (!usable.empty()) return usable;
    ::umask(022);  // sandboxes read it under another user
    std::error_code code;
    fs::create_directories(root, code);
    if (code) return fail(errc::io, root + ": " + code.message());
    if (!is_ours_alone(root)) return fail(errc::invalid, root + ": others may write there");

    const scratch_folder scratch(
        fs::path(root) / (".making-" + l.id + "-" + std::to_string(::getpid()))
    );
    if (scratch.code()) return fail(errc::io, root + ": " + scratch.code().message());
    SLUICE_TRY(run_script(l.prepare.script, scratch.path()));
    const std::string name = name_of(l, scratch.path());
    if (name.empty()) {
        return fail(errc::invalid, "the script of `prepare` leaves no list of files in `depends`");
    }
    const std::vector<fs::path> older = makings(l, root);
    const fs::path made = fs::path(root) / name;
    fs::rename(scratch.path(), made, code);
    if (code) return fail(errc::io, made.string() + ": " + code.message());
    for (std::size_t i = 1; i < older.size(); ++i)
        fs::remove_all(older[i], code);
    return made.string();
}

}  // namespace sluice::languages
