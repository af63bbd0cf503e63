// Closing of an owned descriptor.
#include "sluice/runtime/unique_fd.hpp"

#include <unistd.h>

namespace sluice {

void unique_fd::reset(int fd) {
    // Not repeated on EINTR: Linux has given the number back by then, and another may own it.
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
}

}  // namespace sluice
