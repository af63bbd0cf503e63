// Anonymous files that carry bytes between processes.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/runtime/unique_fd.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::sandbox {

result<unique_fd> make_memfd(const char* name);
result<void> write_all(int fd, std::string_view bytes);
// Nobody can change the content any more.
result<void> seal(int fd);
// A sealed memfd with these bytes, positioned at their start.
result<unique_fd> sealed_bytes(const char* name, std::string_view bytes);
// A copy that is charged to this process and not to the cgroup of the run that wrote the original.
result<unique_fd> copy_memfd(int from, std::int64_t max_bytes);

}  // namespace sluice::sandbox
