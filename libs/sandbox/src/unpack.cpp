// A pack is taken only when it is a sealed memfd: nobody can change it while it is read. What its
// files hold goes from there to the tmpfs inside the kernel: to map a pack costs a page fault for
// every 64 KiB, more than the copy itself. Files are made beneath /box with openat2, so that not
// even a folder made by an earlier pack can lead outside.
#include "unpack.hpp"

#include "pack_format.hpp"
#include "small_io.hpp"
#include "walls.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::sandbox {

namespace {

step_error failed(int error_number) {
    return {setup_step::unpack_files, error_number};
}

int open_beneath(int folder, const char* path, std::uint64_t flags, std::uint64_t mode) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how));
}

void make_folders(int box, char* path) {
    for (char* slash = std::strchr(path, '/'); slash != nullptr;
         slash = std::strchr(slash + 1, '/')) {
        *slash = '\0';
        ::mkdirat(box, path, 0755);
        *slash = '/';
    }
}

step_error write_one(int box, int pack_fd, const pack::located_file& file) {
    std::array<char, pack::max_path + 1> path{};
    std::memcpy(path.data(), file.path.data(), file.path.size());
    make_folders(box, path.data());
    const owned_fd fd(
        open_beneath(box, path.data(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, file.mode)
    );
    if (!fd) return failed(errno);
    auto at = static_cast<off_t>(file.offset);
    for (std::uint64_t left = file.bytes; left > 0;) {
        const ssize_t n = ::sendfile(fd.get(), pack_fd, &at, static_cast<std::size_t>(left));
        if (n <= 0) return failed(n < 0 ? errno : EIO);
        left -= static_cast<std::uint64_t>(n);
    }
    return ::fchmod(fd.get(), file.mode) < 0 ? failed(errno) : step_error{};
}

}  // namespace

step_error make_box_folder(const char* path) {
    const owned_fd box(::open("/box", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!box) return failed(errno);
    std::array<char, pack::max_path + 2> with_end{};
    const std::size_t length = std::strlen(path);
    if (length > pack::max_path) return failed(ENAMETOOLONG);
    std::memcpy(with_end.data(), path, length);
    with_end[length] = '/';
    make_folders(box.get(), with_end.data());
    const owned_fd made(open_beneath(box.get(), path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0));
    return made ? step_error{} : failed(errno);
}

step_error unpack_pack(int pack_fd) {
    constexpr int wanted_seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
    struct stat info {};
    if ((stands(wall::sealed_packs) &&
         (::fcntl(pack_fd, F_GET_SEALS) & wanted_seals) != wanted_seals) ||
        ::fstat(pack_fd, &info) < 0 || info.st_size <= 0) {
        return failed(EBADF);
    }
    const owned_fd box(::open("/box", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!box) return failed(errno);
    const auto read = [pack_fd](std::uint64_t at, char* to, std::size_t size) {
        const ssize_t n = ::pread(pack_fd, to, size, static_cast<off_t>(at));
        return n > 0 ? static_cast<std::size_t>(n) : std::size_t{0};
    };
    pack::walker reader(read, static_cast<std::uint64_t>(info.st_size));
    while (const auto file = reader.next()) {
        if (const step_error e = write_one(box.get(), pack_fd, *file)) return e;
    }
    return reader.is_broken() ? failed(EBADMSG) : step_error{};
}

}  // namespace sluice::sandbox
