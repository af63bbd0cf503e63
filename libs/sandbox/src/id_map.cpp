// The set-uid helpers check that the range is the caller's and that the child belongs to it; we
// check that it does not begin at 0.
#include "id_map.hpp"

#include "cgroup_text.hpp"
#include "protocol.hpp"
#include "small_io.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <vector>

namespace sluice::sandbox {

namespace {

constexpr const char* uid_tool = "/usr/bin/newuidmap";
constexpr const char* gid_tool = "/usr/bin/newgidmap";

struct id_line {
    unsigned inside, outside, count;
};

std::string user_name(uid_t uid) {
    const std::string wanted = std::to_string(uid);
    const std::string accounts = read_whole_file("/etc/passwd");
    std::string_view left = accounts;
    while (!left.empty()) {
        std::string_view line = next_piece(left, '\n');
        const std::string_view name = next_piece(line, ':');
        next_piece(line, ':');
        if (next_piece(line, ':') == wanted) return std::string(name);
    }
    return {};
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_tool(const char* tool, pid_t child, std::span<const id_line> lines) {
    std::vector<std::string> words{tool, std::to_string(child)};
    for (const id_line& line : lines) {
        for (const unsigned number : {line.inside, line.outside, line.count})
            words.push_back(std::to_string(number));
    }
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t helper = ::fork();
    if (helper == 0) {
        char* const envp[] = {nullptr};
        ::execve(tool, argv.data(), envp);
        ::_exit(127);
    }
    return helper < 0 ? -1 : wait_for(helper);
}

int write_map(pid_t child, const char* file, std::span<const id_line> lines) {
    std::string text;
    for (const id_line& line : lines) {
        text += std::to_string(line.inside) + " " + std::to_string(line.outside) + " " +
                std::to_string(line.count) + "\n";
    }
    const std::string path = "/proc/" + std::to_string(child) + "/" + file;
    return write_file_at(AT_FDCWD, path.c_str(), text);
}

step_error map_by_tools(pid_t child, std::span<const id_line> uids, std::span<const id_line> gids) {
    if (run_tool(uid_tool, child, uids) != 0 || run_tool(gid_tool, child, gids) != 0) {
        return {setup_step::map_ids, EPERM};
    }
    return {};
}

int make_owner(uid_t owner, const std::string& folder, const char* const* files) {
    for (; *files != nullptr; ++files) {
        if (::chown((folder + *files).c_str(), owner, static_cast<gid_t>(-1)) < 0) return -1;
    }
    return 0;
}

}  // namespace

std::optional<id_range> find_id_range(
    std::string_view text,
    std::string_view name,
    std::string_view number,
    unsigned count,
    unsigned wanted
) {
    std::optional<id_range> found;
    while (!text.empty()) {
        std::string_view line = next_piece(text, '\n');
        const std::string_view user = next_piece(line, ':');
        if (user.empty() || (user != name && user != number)) continue;
        const auto first = first_number(next_piece(line, ':'));
        const auto size = first_number(line);
        if (!first || !size || *first <= 0 || *size < count || *first + *size > 0xffff'fffe) {
            continue;
        }
        if (*first <= wanted && std::int64_t{wanted} + count <= *first + *size) {
            return id_range{wanted, count};
        }
        if (!found) found = id_range{static_cast<unsigned>(*first), count};
    }
    return found;
}

id_plan plan_ids(unsigned first_uid, unsigned slots, unsigned ids_per_slot) {
    const unsigned count = ids_per_slot * slots;
    const auto words = [&](unsigned first, const char* how) {
        return "uids " + std::to_string(first) + " to " + std::to_string(first + count - 1) + how;
    };
    const uid_t own = ::geteuid();
    if (own == 0) return {id_mode::root, first_uid, first_uid, words(first_uid, "")};
    const std::string name = user_name(own);
    const std::string number = std::to_string(own);
    const auto range = [&](const char* file) {
        return find_id_range(read_whole_file(file), name, number, count, first_uid);
    };
    const auto uids = range("/etc/subuid");
    const auto gids = range("/etc/subgid");
    if (uids && gids && ::access(uid_tool, X_OK) == 0 && ::access(gid_tool, X_OK) == 0) {
        return {
            id_mode::subid_range,
            uids->first,
            gids->first,
            words(uids->first, " through newuidmap")};
    }
    if (::getegid() == 0) {
        return {id_mode::forbidden, 0, 0, "uid " + number + " in group 0, which is never mapped"};
    }
    return {id_mode::single, own, ::getegid(), "uid " + number + " alone"};
}

pid_t clone_for_mapping(const id_plan& plan, unsigned long namespaces) {
    const int dumpable = ::prctl(PR_GET_DUMPABLE);
    if (plan.mode != id_mode::root) ::prctl(PR_SET_DUMPABLE, 1);
    const auto child = static_cast<pid_t>(
        ::syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr)
    );
    if (child != 0) {
        const int clone_errno = errno;
        ::prctl(PR_SET_DUMPABLE, dumpable);
        errno = clone_errno;
    }
    return child;
}

step_error map_one_id(const id_plan& plan, unsigned uid, pid_t child) {
    if (plan.mode == id_mode::forbidden) return {setup_step::map_ids, EPERM};
    const bool is_own = plan.mode == id_mode::single;
    const unsigned gid = is_own ? plan.first_gid : plan.first_gid + (uid - plan.first_uid);
    const std::array uids{id_line{protocol::job_uid, uid, 1}};
    const std::array gids{id_line{protocol::job_uid, gid, 1}};
    if (plan.mode == id_mode::subid_range) return map_by_tools(child, uids, gids);
    const std::string setgroups = "/proc/" + std::to_string(child) + "/setgroups";
    // The kernel's condition for a gid map without rights: or a group that denies something
    // could be left.
    if ((is_own && write_file_at(AT_FDCWD, setgroups.c_str(), "deny") < 0) ||
        write_map(child, "uid_map", uids) < 0 || write_map(child, "gid_map", gids) < 0) {
        return {setup_step::map_ids, errno};
    }
    return {};
}

step_error map_ids(const id_plan& plan, unsigned slot, pid_t child) {
    if (plan.mode == id_mode::forbidden) return {setup_step::map_ids, EPERM};
    if (plan.mode == id_mode::single) return map_one_id(plan, plan.first_uid, child);
    const auto two = [&](unsigned first) {
        return std::array{
            id_line{protocol::init_uid, first + 2 * slot, 1},
            id_line{protocol::job_uid, first + 2 * slot + 1, 1}};
    };
    const auto uids = two(plan.first_uid);
    const auto gids = two(plan.first_gid);
    if (plan.mode == id_mode::subid_range) return map_by_tools(child, uids, gids);
    if (write_map(child, "uid_map", uids) < 0 || write_map(child, "gid_map", gids) < 0) {
        return {setup_step::map_ids, errno};
    }
    return {};
}

step_error
give_away(const id_plan& plan, unsigned slot, const std::string& folder, const char* const* files) {
    if (plan.mode != id_mode::subid_range) {
        return make_owner(plan.manager_uid(slot), folder, files) < 0
                   ? step_error{setup_step::create_cgroup, errno}
                   : step_error{};
    }
    // The owner becomes another, and our group keeps its right to remove what is below.
    int release[2] = {-1, -1};
    if (::chmod(folder.c_str(), 0775) < 0 || ::pipe2(release, O_CLOEXEC) < 0) {
        return {setup_step::create_cgroup, errno};
    }
    const pid_t helper = clone_for_mapping(plan, CLONE_NEWUSER);
    if (helper == 0) {
        ::close(release[1]);
        char go = 0;
        if (::read(release[0], &go, 1) != 1) ::_exit(1);
        ::_exit(make_owner(1, folder, files) < 0 ? errno : 0);
    }
    ::close(release[0]);
    step_error e{};
    if (helper < 0) {
        e = {setup_step::create_cgroup, errno};
    } else {
        const std::array uids{id_line{0, ::geteuid(), 1}, id_line{1, plan.manager_uid(slot), 1}};
        const std::array gids{id_line{0, ::getegid(), 1}};
        e = map_by_tools(helper, uids, gids);
        if (!e && ::write(release[1], "x", 1) != 1) e = {setup_step::create_cgroup, errno};
    }
    ::close(release[1]);
    const int ended = helper < 0 ? 0 : wait_for(helper);
    if (!e && ended != 0) e = {setup_step::create_cgroup, ended > 0 ? ended : ECHILD};
    return e;
}

}  // namespace sluice::sandbox
