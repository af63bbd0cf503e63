// Mounts. Every mount is nosuid; all but the five device nodes are nodev; everything but the run's
// tmpfs is read-only. The old root is left by pivot_root and detached, so that no path leads back
// to the host.
#include "step_mounts.hpp"

#include "protocol.hpp"
#include "small_io.hpp"
#include "walls.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

namespace sluice::sandbox {

namespace {

constexpr const char* old_root = "/.old";

step_error failed(setup_step step) {
    return {step, errno};
}

std::string in_old_root(const std::string& path) {
    return old_root + path;
}

int set_attributes(const char* path, std::uint64_t attributes, unsigned flags) {
    mount_attr attr{};
    attr.attr_set = attributes;
    return static_cast<int>(::syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attr, sizeof attr)
    );
}

// Folders above `path`, like mkdir -p on its parent. What exists stays as it is.
void make_parents(const std::string& path) {
    for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
        ::mkdir(path.substr(0, at).c_str(), 0755);
    }
}

int make_file(const char* path, std::string_view text, mode_t mode = 0644) {
    const owned_fd fd(::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode));
    if (!fd) return -1;
    return text.empty() ? 0 : write_text(fd.get(), text);
}

bool is_below(const std::string& path, const std::string& parent) {
    return path == parent || (path.starts_with(parent) && path[parent.size()] == '/');
}

// Recursive, because a copy of a mount tree in a user namespace may not uncover what lies below a
// mount.
step_error bind_read_only(const std::string& path) {
    const std::string source = in_old_root(path);
    struct stat info {};
    if (::lstat(source.c_str(), &info) < 0) {
        if (errno == ENOENT) return {};  // a language that is not installed here
        return failed(setup_step::bind_read_only_path);
    }
    make_parents(path);
    if (S_ISLNK(info.st_mode)) {
        std::array<char, 4096> target{};
        if (::readlink(source.c_str(), target.data(), target.size() - 1) < 0 ||
            (::symlink(target.data(), path.c_str()) < 0 && errno != EEXIST)) {
            return failed(setup_step::bind_read_only_path);
        }
        return {};
    }
    if (S_ISDIR(info.st_mode)) {
        if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) {
            return failed(setup_step::bind_read_only_path);
        }
    } else if (make_file(path.c_str(), {}) < 0) {
        return failed(setup_step::bind_read_only_path);
    }
    if (::mount(source.c_str(), path.c_str(), nullptr, MS_BIND | MS_REC, nullptr) < 0 ||
        set_attributes(path.c_str(), seal_attributes(), AT_RECURSIVE) < 0) {
        return failed(setup_step::bind_read_only_path);
    }
    return {};
}

// On merged-usr systems /bin, /lib and their like are links into /usr; programs name their loader
// by them.
void copy_usr_links() {
    for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
        std::array<char, 256> target{};
        const ssize_t n = ::readlink(in_old_root(name).c_str(), target.data(), target.size() - 1);
        if (n > 0 && std::string_view(target.data()).starts_with("usr/")) {
            (void)::symlink(target.data(), name);
        }
    }
}

step_error bind_paths(std::span<const std::string> paths) {
    copy_usr_links();
    std::vector<std::string> sorted(paths.begin(), paths.end());
    std::sort(sorted.begin(), sorted.end());
    std::string last;
    for (const std::string& path : sorted) {
        if (!last.empty() && is_below(path, last)) continue;
        if (const step_error e = bind_read_only(path)) return e;
        last = path;
    }
    return {};
}

// It leads to the terminal of whoever opens it. Kept where no program comes, for runs that get one.
step_error keep_terminal_node() {
    if (make_file(terminal_node, {}) < 0 ||
        (::mount(in_old_root("/dev/tty").c_str(), terminal_node, nullptr, MS_BIND, nullptr) == 0 &&
         set_attributes(
             terminal_node,
             MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
             0
         ) < 0)) {
        return failed(setup_step::bind_device);
    }
    return {};
}

// Only what cannot store or carry anything. Read-only here means the node itself, not what it leads
// to.
step_error bind_devices() {
    if (!stands(wall::own_devices)) {
        return ::mount(in_old_root("/dev").c_str(), "/dev", nullptr, MS_BIND | MS_REC, nullptr) < 0
                   ? failed(setup_step::bind_device)
                   : step_error{};
    }
    for (const char* device :
         {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
        if (make_file(device, {}) < 0 ||
            ::mount(in_old_root(device).c_str(), device, nullptr, MS_BIND, nullptr) < 0 ||
            set_attributes(device, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0) <
                0) {
            return failed(setup_step::bind_device);
        }
    }
    for (const auto& [target, name] :
         {std::pair("/proc/self/fd", "/dev/fd"),
          std::pair("/proc/self/fd/0", "/dev/stdin"),
          std::pair("/proc/self/fd/1", "/dev/stdout"),
          std::pair("/proc/self/fd/2", "/dev/stderr")}) {
        if (::symlink(target, name) < 0) return failed(setup_step::bind_device);
    }
    return {};
}

// Nothing of the host's accounts or names.
step_error write_etc() {
    if (!stands(wall::own_etc)) {
        return ::mount(in_old_root("/etc").c_str(), "/etc", nullptr, MS_BIND | MS_REC, nullptr) < 0
                   ? failed(setup_step::write_etc)
                   : step_error{};
    }
    const std::string uid = std::to_string(protocol::job_uid);
    const std::string passwd =
        "root:x:0:0:root:/box:/usr/sbin/nologin\nrunner:x:" + uid + ":" + uid +
        ":runner:/box:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n";
    const std::string group = "root:x:0:\nrunner:x:" + uid + ":\nnogroup:x:65534:\n";
    if (make_file("/etc/passwd", passwd) < 0 || make_file("/etc/group", group) < 0 ||
        make_file("/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n") < 0 ||
        make_file("/etc/hostname", "sandbox\n") < 0 ||
        make_file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n") < 0 ||
        (::symlink("/usr/share/zoneinfo/Etc/UTC", "/etc/localtime") < 0 && errno != EEXIST)) {
        return failed(setup_step::write_etc);
    }
    return {};
}

std::string tmpfs_options(box_size size) {
    if (!stands(wall::box_bytes)) size.bytes = 1LL << 40;
    if (!stands(wall::box_inodes)) size.inodes = 1 << 24;
    // The root folder and box, tmp and shm are ours and do not count.
    return "size=" + std::to_string(size.bytes) + ",nr_inodes=" + std::to_string(size.inodes + 4) +
           ",mode=0700";
}

step_error bind_box_folder(const char* folder, const char* target, mode_t mode) {
    // With the caller's umask of 0.
    if (::mkdir(folder, mode) < 0 || ::chown(folder, protocol::job_uid, protocol::job_uid) < 0 ||
        ::mount(folder, target, nullptr, MS_BIND, nullptr) < 0) {
        return failed(setup_step::bind_box_folder);
    }
    return {};
}

// What /proc shows beside processes stays out of sight.
const char* proc_options() {
    return stands(wall::proc_subset) ? "subset=pid" : nullptr;
}

unsigned long box_flags() {
    return (stands(wall::nosuid) ? MS_NOSUID : 0UL) | (stands(wall::nodev) ? MS_NODEV : 0UL);
}

}  // namespace

std::uint64_t seal_attributes() {
    return (stands(wall::read_only_root) ? MOUNT_ATTR_RDONLY : 0ULL) |
           (stands(wall::nosuid) ? MOUNT_ATTR_NOSUID : 0ULL) |
           (stands(wall::nodev) ? MOUNT_ATTR_NODEV : 0ULL);
}

step_error build_slot_root(std::span<const std::string> paths) {
    ::umask(022);
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) {
        return failed(setup_step::private_mounts);
    }
    if (::mount("sluice", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=4k,mode=0755") <
            0 ||
        ::chdir("/tmp") < 0 || ::mkdir(".old", 0700) < 0) {
        return failed(setup_step::mount_root);
    }
    if (::syscall(SYS_pivot_root, ".", ".old") < 0 || ::chdir("/") < 0) {
        return failed(setup_step::pivot_root);
    }
    for (const char* folder :
         {"/proc", "/dev", "/dev/shm", "/etc", "/box", "/tmp", "/run", "/.run", run_mount}) {
        if (::mkdir(folder, 0755) < 0) return failed(setup_step::make_root_folders);
    }
    // Nobody passes without CAP_DAC_OVERRIDE, not even its owner, who cannot change a read-only
    // root.
    if (::chmod("/.run", 0) < 0) return failed(setup_step::make_root_folders);
    if (const step_error e = bind_paths(paths)) return e;
    if (const step_error e = keep_terminal_node()) return e;
    if (const step_error e = bind_devices()) return e;
    if (const step_error e = write_etc()) return e;
    // The kernel lets a user namespace mount /proc only where one can be seen already. Init covers
    // it.
    if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, proc_options()) < 0) {
        return failed(setup_step::mount_slot_proc);
    }
    return {};
}

step_error mount_run_folders(box_size size) {
    if (::mount("box", run_mount, "tmpfs", box_flags(), tmpfs_options(size).c_str()) < 0) {
        return failed(setup_step::mount_box);
    }
    if (const step_error e = bind_box_folder("/.run/top/box", "/box", 0755)) return e;
    if (const step_error e = bind_box_folder("/.run/top/tmp", "/tmp", 01777)) return e;
    if (const step_error e = bind_box_folder("/.run/top/shm", "/dev/shm", 01777)) return e;
    if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, proc_options()) < 0) {
        return failed(setup_step::mount_proc);
    }
    return {};
}

step_error resize_box(box_size size) {
    if (::mount(
            nullptr,
            run_mount,
            nullptr,
            MS_REMOUNT | box_flags(),
            tmpfs_options(size).c_str()
        ) < 0) {
        return failed(setup_step::resize_box);
    }
    return {};
}

}  // namespace sluice::sandbox
