// Reading and writing small kernel files, and descriptors that close themselves, for the static
// manager. Nothing here allocates on the path of a run.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::sandbox {

class owned_fd {
public:
    owned_fd() = default;
    explicit owned_fd(int fd) : fd_(fd) {}
    owned_fd(owned_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    owned_fd& operator=(owned_fd&& other) noexcept {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    ~owned_fd() { reset(); }
    void reset(int fd = -1) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

using small_text = std::array<char, 1024>;

// The text at offset 0 of an open kernel file; empty on failure.
inline std::string_view read_at_start(int fd, small_text& buffer) {
    const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), 0);
    return n > 0 ? std::string_view(buffer.data(), static_cast<std::size_t>(n))
                 : std::string_view();
}

inline int write_text(int fd, std::string_view text) {
    const ssize_t n = ::pwrite(fd, text.data(), text.size(), 0);
    return n == static_cast<ssize_t>(text.size()) ? 0 : -1;
}

inline int write_number(int fd, std::int64_t value) {
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return write_text(fd, {text.data(), static_cast<std::size_t>(end.ptr - text.data())});
}

inline int write_file_at(int folder, const char* path, std::string_view text) {
    const owned_fd fd(::openat(folder, path, O_WRONLY | O_CLOEXEC));
    if (!fd) return -1;
    return ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0
                                                                                            : -1;
}

inline std::string read_whole_file(const char* path) {
    std::string text;
    const owned_fd fd(::open(path, O_RDONLY | O_CLOEXEC));
    if (!fd) return text;
    std::array<char, 4096> piece{};
    for (ssize_t n = 0; (n = ::read(fd.get(), piece.data(), piece.size())) > 0;) {
        text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return text;
}

}  // namespace sluice::sandbox
