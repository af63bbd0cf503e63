// Files that enter or leave a sandbox, as one sealed memfd. The host writes packs of its own input
// and never parses a pack that came out of a sandbox: it only hands it to a later sandbox of the
// same key.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/runtime/unique_fd.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sluice::sandbox {

struct input_file {
    std::string_view
        path;  // relative to /box; folders on the way are made; "..", ".", "" and NUL are refused
    std::string_view content;
    bool is_executable = false;
};

// Immutable and shareable: the fd is sealed against writing, growing and shrinking.
class file_pack {
public:
    // errc::invalid names the offending path; errc::io when the kernel refuses.
    static result<std::shared_ptr<const file_pack>> make(std::span<const input_file> files);
    // Takes a memfd that a slot filled, and seals it.
    static result<std::shared_ptr<const file_pack>> adopt(unique_fd memfd);

    int fd() const { return fd_.get(); }
    std::int64_t size_bytes() const { return size_bytes_; }

private:
    file_pack(unique_fd fd, std::int64_t size_bytes)
        : fd_(std::move(fd)), size_bytes_(size_bytes) {}
    unique_fd fd_;
    std::int64_t size_bytes_;
};

}  // namespace sluice::sandbox
