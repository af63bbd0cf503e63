// pipe2 and fchown.
#include "output_pipes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::sandbox {

step_error output_pipes::make(unsigned owner) {
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    const bool is_made = ::pipe2(out, O_CLOEXEC) == 0 && ::pipe2(err, O_CLOEXEC) == 0;
    const int made_errno = errno;
    out_read.reset(out[0]);
    out_write.reset(out[1]);
    err_read.reset(err[0]);
    err_write.reset(err[1]);
    if (!is_made) return {setup_step::make_pipes, made_errno};
    for (const int fd : {out[1], err[1]}) {
        if (::fchown(fd, owner, owner) < 0) {
            return {setup_step::make_pipes, errno};
        }
    }
    return {};
}

}  // namespace sluice::sandbox
