// The framing of a file pack: a header, then for each file an entry, its path and its bytes. The
// host writes it (file_pack.cpp), init reads it inside the sandbox (unpack.cpp) and writes it
// (collect.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

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

struct file {
    std::string_view path;
    std::uint32_t mode;
    std::span<const std::byte> content;
};

// Walks a pack that is mapped in memory. Every length is checked against what is left.
class reader {
public:
    explicit reader(std::span<const std::byte> bytes) : left_(bytes) {
        header head;
        if (!take(head) || head.pack_magic != magic || head.file_count > max_files) {
            is_broken_ = true;
            return;
        }
        files_left_ = head.file_count;
    }
    // nullopt at the end or when broken; ask is_broken().
    std::optional<file> next() {
        if (is_broken_ || files_left_ == 0) return std::nullopt;
        entry e;
        if (!take(e) || e.path_bytes > left_.size() ||
            e.content_bytes > left_.size() - e.path_bytes) {
            is_broken_ = true;
            return std::nullopt;
        }
        file f{
            {reinterpret_cast<const char*>(left_.data()), e.path_bytes},
            e.mode,
            left_.subspan(e.path_bytes, e.content_bytes)};
        left_ = left_.subspan(e.path_bytes + e.content_bytes);
        --files_left_;
        if (!is_safe_path(f.path) || (e.mode != 0644 && e.mode != 0755)) {
            is_broken_ = true;
            return std::nullopt;
        }
        return f;
    }
    bool is_broken() const { return is_broken_; }

private:
    template <class T>
    bool take(T& value) {
        if (left_.size() < sizeof value) return false;
        std::memcpy(&value, left_.data(), sizeof value);
        left_ = left_.subspan(sizeof value);
        return true;
    }
    std::span<const std::byte> left_;
    std::uint64_t files_left_ = 0;
    bool is_broken_ = false;
};

}  // namespace sluice::sandbox::pack
