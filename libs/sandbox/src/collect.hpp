// Copies the regular files below a folder of /box into a pack, after every process of the run is
// dead.
#pragma once

#include <cstdint>

namespace sluice::sandbox {

// 0, or the errno that says why: EFBIG (bytes), EMFILE (files), ELOOP (something that is not a
// regular file or folder), ENAMETOOLONG, ENOENT (no such folder), or what the kernel said.
int collect_files(const char* folder, int memfd, std::int64_t max_bytes, std::int64_t max_files);

}  // namespace sluice::sandbox
