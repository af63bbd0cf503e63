// The numbers are the kernel's, written out: Debian 12's headers are older than the kernels that
// this meets. A rule holds for a folder and everything below, across mounts, so one on the slot's
// root stands for all language paths; /box, /tmp and /dev/shm are new with every run, and so is the
// ruleset.
#include "landlock.hpp"

#include "small_io.hpp"

#include <sys/syscall.h>

#include <cstdint>

namespace sluice::sandbox {

namespace {

// Rights on files.
constexpr std::uint64_t execute = 1ULL << 0;
constexpr std::uint64_t write_file = 1ULL << 1;
constexpr std::uint64_t read_file = 1ULL << 2;
constexpr std::uint64_t read_folder = 1ULL << 3;
constexpr std::uint64_t of_version_1 = (1ULL << 13) - 1;
constexpr std::uint64_t refer = 1ULL << 13;         // version 2
constexpr std::uint64_t truncate = 1ULL << 14;      // version 3
constexpr std::uint64_t device_ioctl = 1ULL << 15;  // version 5

constexpr std::uint64_t abstract_sockets_and_signals = 3;  // version 6

constexpr std::uint32_t version_flag = 1;
constexpr int path_beneath = 1;

struct ruleset_attributes {
    std::uint64_t files;
    std::uint64_t network;  // version 4
    std::uint64_t scopes;   // version 6
};
struct [[gnu::packed]] path_rule {
    std::uint64_t allowed;
    std::int32_t folder;
};

std::uint64_t all_rights(int version) {
    std::uint64_t rights = of_version_1 | refer;
    if (version >= 3) rights |= truncate;
    if (version >= 5) rights |= device_ioctl;
    return rights;
}

// Kernels refuse attributes that they do not know unless those are zero, and sizes below the first.
long create(int version) {
    ruleset_attributes attributes{all_rights(version), 0, 0};
    // A program must not signal or reach by an abstract socket what is outside its run: init.
    if (version >= 6) attributes.scopes = abstract_sockets_and_signals;
    return ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0U);
}

// Of nodes such as /dev/null: written, never made.
std::uint64_t device_rights(int version) {
    return write_file | (all_rights(version) & (truncate | device_ioctl));
}

int allow(int ruleset, const char* folder, std::uint64_t rights) {
    const owned_fd fd(::open(folder, O_PATH | O_CLOEXEC | O_DIRECTORY));
    if (!fd) return -1;
    const path_rule rule{rights, fd.get()};
    return static_cast<int>(::syscall(SYS_landlock_add_rule, ruleset, path_beneath, &rule, 0U));
}

}  // namespace

int landlock_version() {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0UL, version_flag);
    return version < 2 ? 0 : static_cast<int>(version);
}

step_error make_landlock_ruleset(int version, int& ruleset) {
    ruleset = -1;
    if (version == 0) return {};
    owned_fd made(static_cast<int>(create(version)));
    if (!made) return {setup_step::landlock_ruleset, errno};
    const std::uint64_t all = all_rights(version);
    if (allow(made.get(), "/", execute | read_file | read_folder) < 0 ||
        allow(made.get(), "/dev", device_rights(version)) < 0 ||
        // /proc/self/…/comm and its like.
        allow(made.get(), "/proc", write_file | (all & truncate)) < 0 ||
        allow(made.get(), "/box", all) < 0 || allow(made.get(), "/tmp", all) < 0 ||
        allow(made.get(), "/dev/shm", all) < 0) {
        return {setup_step::landlock_ruleset, errno};
    }
    ruleset = made.release();
    return {};
}

step_error allow_devices(int ruleset) {
    if (ruleset >= 0 && allow(ruleset, "/dev", device_rights(landlock_version())) < 0) {
        return {setup_step::landlock_ruleset, errno};
    }
    return {};
}

step_error enter_landlock(int ruleset) {
    if (ruleset >= 0 && ::syscall(SYS_landlock_restrict_self, ruleset, 0U) < 0) {
        return {setup_step::enter_landlock, errno};
    }
    return {};
}

}  // namespace sluice::sandbox
