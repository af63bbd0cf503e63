// Mount points are made here and not by the runtime: in a user namespace without host root nobody
// could make them.
#include "rootfs.hpp"

#include "../protocol.hpp"
#include "../small_io.hpp"
#include "../step_mounts.hpp"
#include "bundle_blanks.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::sandbox::oci {

namespace {

const std::string root = rootfs_folder;

step_error failed() {
    return {setup_step::write_bundle, errno};
}

int make_file(const std::string& path, std::string_view text) {
    const owned_fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (!fd) return -1;
    return text.empty() ? 0 : write_text(fd.get(), text);
}

int copy_link(const std::string& from, const std::string& to) {
    std::array<char, 4096> target{};
    if (::readlink(from.c_str(), target.data(), target.size() - 1) < 0) return -1;
    return ::symlink(target.data(), to.c_str()) < 0 && errno != EEXIST ? -1 : 0;
}

step_error make_target(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) < 0) return errno == ENOENT ? step_error{} : failed();
    const std::string target = root + path;
    for (std::size_t at = root.size() + 1; (at = target.find('/', at)) != std::string::npos; ++at) {
        ::mkdir(target.substr(0, at).c_str(), 0755);
    }
    int made = 0;
    if (S_ISLNK(info.st_mode)) {
        made = copy_link(path, target);
    } else if (S_ISDIR(info.st_mode)) {
        made = ::mkdir(target.c_str(), 0755) < 0 && errno != EEXIST ? -1 : 0;
    } else {
        made = make_file(target, {});
    }
    return made < 0 ? failed() : step_error{};
}

// Nothing of the host's accounts or names.
step_error write_etc() {
    const std::string uid = std::to_string(protocol::job_uid);
    const std::string etc = root + "/etc/";
    if (make_file(
            etc + "passwd",
            "root:x:0:0:root:/box:/usr/sbin/nologin\nrunner:x:" + uid + ":" + uid +
                ":runner:/box:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
        ) < 0 ||
        make_file(etc + "group", "root:x:0:\nrunner:x:" + uid + ":\nnogroup:x:65534:\n") < 0 ||
        make_file(etc + "hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n") < 0 ||
        make_file(etc + "hostname", "sandbox\n") < 0 ||
        make_file(etc + "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n") < 0 ||
        (::symlink("/usr/share/zoneinfo/Etc/UTC", (etc + "localtime").c_str()) < 0 &&
         errno != EEXIST)) {
        return failed();
    }
    return {};
}

}  // namespace

step_error build_rootfs(std::span<const std::string> paths, unsigned init_uid) {
    for (const char* folder :
         {"", "/proc", "/dev", "/etc", "/box", "/tmp", "/run", "/.run", run_mount}) {
        if (::mkdir((root + folder).c_str(), 0755) < 0) return failed();
    }
    if (make_file(root + init_in_container, {}) < 0) return failed();
    // Init's alone: our binary and the root of the run's tmpfs are nothing for a program.
    for (const std::string& folder : {root + "/.run", root + run_mount}) {
        if (::chown(folder.c_str(), init_uid, init_uid) < 0 || ::chmod(folder.c_str(), 0700) < 0) {
            return failed();
        }
    }
    // On merged-usr systems programs name their loader by these links.
    for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
        std::array<char, 256> target{};
        if (::readlink(name, target.data(), target.size() - 1) > 0 &&
            std::string_view(target.data()).starts_with("usr/")) {
            (void)::symlink(target.data(), (root + name).c_str());
        }
    }
    for (const std::string& path : paths) {
        if (const step_error e = make_target(path)) return e;
    }
    return write_etc();
}

}  // namespace sluice::sandbox::oci
