// The framing of a file pack: a header, then for each file an entry, its path and its bytes. The
// host writes it (file_pack.cpp), init reads it inside the sandbox (unpack.cpp) and writes it
// (collect.cpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace sluice::sandbox::pack {

inline constexpr std::uint64_t magic = 0x314b434150554c53;  // "SLUPACK1"
inline constexpr std::size_t max_path = 1024;
inline constexpr std::uint64_t max_files = 65536;

struct header {
    std::uint64_t pack_magic = magic;
    std::uint64_t file_count = 0;
};
struct entry {
    std::uint32_t path_bytes = 0;
    std::uint32_t mode = 0;  // 0644 or 0755
    std::uint64_t content_bytes = 0;
};

// Relative, without "", ".", ".." components and without NUL; at most max_path bytes.
inline bool is_safe_path(std::string_view path) {
    if (path.empty() || path.size() > max_path) return false;
    if (path.find('\0') != std::string_view::npos) return false;
    while (true) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
        if (slash == std::string_view::npos) return true;
        path.remove_prefix(slash + 1);
    }
}

// Where a file of a pack is.
struct located_file {
    std::string_view path;  // until the next call
    std::uint32_t mode;
    std::uint64_t offset;
    std::uint64_t bytes;
};

// Walks a pack without looking at what its files hold. `Read` is called as (offset, buffer, size)
// and gives the number of bytes it could. Every length is checked against what is left.
template <class Read>
class walker {
public:
    walker(Read read, std::uint64_t size) : read_(std::move(read)), size_(size) {
        header head;
        if (!take(&head, sizeof head) || head.pack_magic != magic || head.file_count > max_files) {
            is_broken_ = true;
            return;
        }
        files_left_ = head.file_count;
    }
    // nullopt at the end or when broken; ask is_broken().
    std::optional<located_file> next() {
        if (is_broken_ || files_left_ == 0) return std::nullopt;
        entry e;
        if (!take(&e, sizeof e) || e.path_bytes > max_path || !take(path_, e.path_bytes) ||
            e.content_bytes > size_ - at_ || !is_safe_path({path_, e.path_bytes}) ||
            (e.mode != 0644 && e.mode != 0755)) {
            is_broken_ = true;
            return std::nullopt;
        }
        const located_file found{{path_, e.path_bytes}, e.mode, at_, e.content_bytes};
        at_ += e.content_bytes;
        --files_left_;
        return found;
    }
    bool is_broken() const { return is_broken_; }

private:
    // From a window, so that an entry and its path, or a pack of many small files, cost one read.
    bool take(void* to, std::size_t size) {
        if (size > size_ - at_) return false;
        if (at_ < window_at_ || at_ + size > window_at_ + window_bytes_) {
            window_at_ = at_;
            const auto wanted = std::min<std::uint64_t>(sizeof window_, size_ - at_);
            window_bytes_ = read_(at_, window_, static_cast<std::size_t>(wanted));
            if (window_bytes_ < size) return false;
        }
        std::memcpy(to, window_ + (at_ - window_at_), size);
        at_ += size;
        return true;
    }
    Read read_;
    std::uint64_t size_;
    std::uint64_t at_ = 0;
    std::uint64_t files_left_ = 0;
    bool is_broken_ = false;
    std::uint64_t window_at_ = 0;
    std::size_t window_bytes_ = 0;
    char window_[2048] = {};
    char path_[max_path] = {};
};

struct file {
    std::string_view path;
    std::uint32_t mode;
    std::span<const std::byte> content;
};

// The same for a pack that lies in memory.
class reader {
public:
    explicit reader(std::span<const std::byte> bytes)
        : bytes_(bytes), walker_(source{bytes}, bytes.size()) {}
    std::optional<file> next() {
        const auto found = walker_.next();
        if (!found) return std::nullopt;
        return file{found->path, found->mode, bytes_.subspan(found->offset, found->bytes)};
    }
    bool is_broken() const { return walker_.is_broken(); }

private:
    struct source {
        std::span<const std::byte> bytes;
        std::size_t operator()(std::uint64_t at, char* to, std::size_t size) const {
            std::memcpy(to, bytes.data() + at, size);
            return size;
        }
    };
    std::span<const std::byte> bytes_;
    walker<source> walker_;
};

}  // namespace sluice::sandbox::pack
