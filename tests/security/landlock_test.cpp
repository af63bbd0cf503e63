// The Landlock wall with no other wall around it: a writable root in a mount namespace of a child
// of this test, host root's rights, no filter. What is refused here is refused by Landlock alone,
// and each attempt is made without it first.
#include "landlock.hpp"

#include "jail_fixture.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>

namespace sluice::sandbox::test {

namespace {

constexpr int setup_failed = 200;

// A tmpfs as root with the folders of a slot, all of it writable; `host` is a descriptor from
// before.
bool enter_open_root(int& host) {
    host = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (host < 0 || ::unshare(CLONE_NEWNS) < 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        ::mount("t", "/tmp", "tmpfs", 0, "size=1m") < 0 || ::chroot("/tmp") < 0 ||
        ::chdir("/") < 0) {
        return false;
    }
    for (const char* folder : {"/proc", "/dev", "/dev/shm", "/etc", "/box", "/tmp"}) {
        if (::mkdir(folder, 0777) < 0) return false;
    }
    for (const char* folder : {"/box", "/tmp", "/dev/shm"}) {
        if (::mount("t", folder, "tmpfs", 0, "size=1m") < 0) return false;
    }
    return true;
}

// The errno of an attempt made in such a root, 0 when it succeeds.
int outcome_of(bool has_wall, const std::function<int(int host)>& attempt) {
    const pid_t child = ::fork();
    if (child == 0) {
        int host = -1;
        int ruleset = -1;
        if (!enter_open_root(host)) ::_exit(setup_failed);
        if (has_wall && (make_landlock_ruleset(landlock_version(), ruleset) || ruleset < 0 ||
                         ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || enter_landlock(ruleset))) {
            ::_exit(setup_failed);
        }
        errno = 0;
        ::_exit(attempt(host) < 0 ? errno : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : setup_failed;
}

int make_file(const char* path) {
    return ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

bool is_in_kernel() {
    if (landlock_version() > 0) return true;
    WARN("this kernel has no Landlock: nothing to prove");
    return false;
}

}  // namespace

TEST_CASE("behind a writable root Landlock still refuses every write outside the three folders") {
    if (!is_in_kernel()) return;
    const auto in_etc = [](int) { return make_file("/etc/passwd"); };
    const auto in_root = [](int) { return ::mkdir("/new", 0700); };
    const auto links_away = [](int) {
        if (make_file("/box/mine") < 0) return -1;
        return ::symlink("/box/mine", "/etc/link");
    };
    for (const std::function<int(int)>& attempt :
         {std::function<int(int)>(in_etc), {in_root}, {links_away}}) {
        CHECK(outcome_of(false, attempt) == 0);
        CHECK(outcome_of(true, attempt) == EACCES);
    }
}

TEST_CASE("a descriptor of the host's root leads nowhere behind Landlock") {
    if (!is_in_kernel()) return;
    const auto reads = [](int host) {
        return ::openat(host, "etc/hostname", O_RDONLY | O_CLOEXEC);
    };
    const auto lists = [](int host) { return ::openat(host, "etc", O_RDONLY | O_DIRECTORY); };
    for (const std::function<int(int)>& attempt : {std::function<int(int)>(reads), {lists}}) {
        CHECK(outcome_of(false, attempt) == 0);
        CHECK(outcome_of(true, attempt) == EACCES);
    }
}

TEST_CASE("behind Landlock the tree of mounts stays as it is, even for a process with every right"
) {
    if (!is_in_kernel()) return;
    const auto mounts = [](int) { return ::mount("t", "/box", "tmpfs", 0, nullptr); };
    CHECK(outcome_of(false, mounts) == 0);
    CHECK(outcome_of(true, mounts) == EPERM);
}

TEST_CASE("behind Landlock a program uses its own folders as before") {
    if (!is_in_kernel()) return;
    const auto works = [](int) {
        if (::mkdir("/box/a", 0700) < 0 || ::mkdir("/box/b", 0700) < 0) return -1;
        const int fd = make_file("/box/a/f");
        if (fd < 0 || ::ftruncate(fd, 10) < 0) return -1;
        if (::rename("/box/a/f", "/box/b/f") < 0 || ::link("/box/b/f", "/box/a/g") < 0) return -1;
        if (::truncate("/box/a/g", 0) < 0 || ::mkfifo("/tmp/p", 0600) < 0) return -1;
        if (::symlink("/etc/x", "/tmp/s") < 0 || make_file("/dev/shm/m") < 0) return -1;
        return ::open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    };
    CHECK(outcome_of(true, works) == 0);
}

TEST_CASE("from version 6 on a process behind Landlock cannot signal one that is not") {
    if (landlock_version() < 6) return;
    const pid_t outside = ::getpid();
    const auto signals = [outside](int) { return ::kill(outside, 0); };
    CHECK(outcome_of(false, signals) == 0);
    CHECK(outcome_of(true, signals) == EPERM);
}

TEST_CASE("a program in a sandbox is behind Landlock") {
    if (landlock_version() < 6) return;
    jail j;
    // The kernel takes sixteen layers; a program that finds room for fifteen is in one already.
    const auto outcome = j.run(python(R"(
import ctypes, struct
c = ctypes.CDLL(None, use_errno=True)
rules = ctypes.create_string_buffer(struct.pack('QQQ', 1, 0, 0))
ruleset = c.syscall(444, rules, 24, 0)
layers = 0
while c.syscall(446, ruleset, 0) == 0:
    layers += 1
print(layers, ctypes.get_errno())
)"));
    REQUIRE(outcome.has_value());
    CHECK(outcome->out == "15 7\n");
}

}  // namespace sluice::sandbox::test
