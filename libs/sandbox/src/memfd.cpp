// memfd_create, seals and sendfile.
#include "memfd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::sandbox {

namespace {
error io_error(const char* what) {
    return fail(errc::io, std::string(what) + ": " + strerrorname_np(errno));
}
}  // namespace

result<unique_fd> make_memfd(const char* name) {
    unique_fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return io_error("memfd_create");
    return fd;
}

result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return io_error("write to memfd");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

result<void> seal(int fd) {
    if (::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
        return io_error("seal memfd");
    }
    return {};
}

result<unique_fd> sealed_bytes(const char* name, std::string_view bytes) {
    auto fd = make_memfd(name);
    if (!fd) return fd;
    SLUICE_TRY(write_all(fd->get(), bytes));
    SLUICE_TRY(seal(fd->get()));
    if (::lseek(fd->get(), 0, SEEK_SET) < 0) return io_error("lseek");
    return fd;
}

result<unique_fd> copy_memfd(int from, std::int64_t max_bytes) {
    struct stat info {};
    if (::fstat(from, &info) < 0) return io_error("fstat");
    if (info.st_size > max_bytes) return fail(errc::invalid, "larger than its bound");
    auto copy = make_memfd("sluice-artefacts");
    if (!copy) return copy;
    off_t at = 0;
    while (at < info.st_size) {
        const auto left = static_cast<std::size_t>(info.st_size - at);
        const ssize_t n = ::sendfile(copy->get(), from, &at, left);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return io_error("sendfile");
    }
    return copy;
}

}  // namespace sluice::sandbox
