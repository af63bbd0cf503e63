// The only code that reads what an untrusted program wrote into its folder. It holds a descriptor
// of every folder on the way, opens with openat2 (beneath, no links, no other mounts) and without
// blocking, believes fstat only, and counts before it copies.
#include "collect.hpp"

#include "pack_format.hpp"
#include "small_io.hpp"
#include "walls.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace sluice::sandbox {

namespace {

constexpr int max_depth = 32;

struct kernel_dirent {
    std::uint64_t inode;
    std::int64_t offset;
    unsigned short record_bytes;
    unsigned char type;
};
constexpr std::size_t name_offset = 19;  // of the name in a linux_dirent64

class collector {
public:
    collector(int memfd, std::int64_t max_bytes, std::int64_t max_files)
        : memfd_(memfd), bytes_left_(max_bytes), files_left_(max_files) {}

    int run(const char* folder) {
        const owned_fd box(::open("/box", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!box) return errno;
        pack::header head;
        if (const int e = append(&head, sizeof head)) return e;
        if (const int e = walk(box.get(), *folder == '\0' ? "." : folder, folder, 0)) return e;
        head.file_count = count_;
        return ::pwrite(memfd_, &head, sizeof head, 0) == sizeof head ? 0 : EIO;
    }

private:
    static int open_beneath(int folder, const char* name, std::uint64_t flags) {
        open_how how{};
        how.flags = flags | O_RDONLY | O_NONBLOCK | O_CLOEXEC;
        if (stands(wall::collect_no_links)) {
            how.flags |= O_NOFOLLOW;
            how.resolve =
                RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
        }
        return static_cast<int>(::syscall(SYS_openat2, folder, name, &how, sizeof how));
    }

    int walk(int parent, const char* name, const std::string& path, int depth) {
        if (depth > max_depth && stands(wall::collect_depth)) return ENAMETOOLONG;
        const owned_fd folder(open_beneath(parent, name, O_DIRECTORY));
        if (!folder) return errno;
        alignas(8) std::array<char, 8192> buffer{};
        for (;;) {
            const long got = ::syscall(SYS_getdents64, folder.get(), buffer.data(), buffer.size());
            if (got <= 0) return got < 0 ? errno : 0;
            for (long at = 0; at < got;) {
                kernel_dirent e{};
                std::memcpy(&e, buffer.data() + at, name_offset);
                const char* child = buffer.data() + at + name_offset;
                at += e.record_bytes;
                if (std::strcmp(child, ".") == 0 || std::strcmp(child, "..") == 0) continue;
                const std::string child_path = path.empty() ? child : path + "/" + child;
                if (const int failed = visit(folder.get(), child, child_path, depth)) return failed;
            }
        }
    }

    int visit(int folder, const char* name, const std::string& path, int depth) {
        if (!pack::is_safe_path(path)) return ENAMETOOLONG;
        const owned_fd fd(open_beneath(folder, name, 0));
        if (!fd) return errno;
        struct stat info {};
        if (::fstat(fd.get(), &info) < 0) return errno;
        if (S_ISDIR(info.st_mode)) return walk(folder, name, path, depth + 1);
        if (!S_ISREG(info.st_mode) && stands(wall::collect_regular_only)) return ELOOP;
        if (files_left_-- <= 0 && stands(wall::collect_bounds)) return EMFILE;
        return copy(fd.get(), info, path);
    }

    int copy(int fd, const struct stat& info, const std::string& path) {
        pack::entry e;
        e.path_bytes = static_cast<std::uint32_t>(path.size());
        e.mode = (info.st_mode & S_IXUSR) != 0 ? 0755 : 0644;
        e.content_bytes = static_cast<std::uint64_t>(info.st_size);
        if (const int failed = append(&e, sizeof e)) return failed;
        if (const int failed = append(path.data(), path.size())) return failed;
        if (info.st_size > bytes_left_ && stands(wall::collect_bounds)) return EFBIG;
        std::array<char, 32 << 10> piece;
        for (std::int64_t left = info.st_size; left > 0;) {
            const auto want = static_cast<std::size_t>(
                std::min<std::int64_t>(left, static_cast<std::int64_t>(piece.size()))
            );
            const ssize_t n = ::read(fd, piece.data(), want);
            if (n <= 0) return n < 0 ? errno : EIO;
            if (const int failed = append(piece.data(), static_cast<std::size_t>(n))) return failed;
            left -= n;
        }
        ++count_;
        return 0;
    }

    int append(const void* data, std::size_t size) {
        // Names and framing count as well: ten thousand empty files are not free.
        bytes_left_ -= static_cast<std::int64_t>(size);
        if (bytes_left_ < 0 && stands(wall::collect_bounds)) return EFBIG;
        const char* from = static_cast<const char*>(data);
        while (size > 0) {
            const ssize_t n = ::write(memfd_, from, size);
            if (n <= 0) return n < 0 ? errno : EIO;
            from += n;
            size -= static_cast<std::size_t>(n);
        }
        return 0;
    }

    int memfd_;
    std::int64_t bytes_left_;
    std::int64_t files_left_;
    std::uint64_t count_ = 0;
};

}  // namespace

int collect_files(const char* folder, int memfd, std::int64_t max_bytes, std::int64_t max_files) {
    return collector(memfd, max_bytes, max_files).run(folder);
}

}  // namespace sluice::sandbox
