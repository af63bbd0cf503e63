// oom_score_adj (proc(5)): raising needs no right.
#include "oom_score.hpp"

#include "small_io.hpp"
#include "walls.hpp"

#include <fcntl.h>
#include <sys/prctl.h>

#include <cerrno>

namespace sluice::sandbox {

namespace {

owned_fd open_own() {
    constexpr const char* file = "/proc/self/oom_score_adj";
    owned_fd own(::open(file, O_WRONLY | O_CLOEXEC));
    if (own) return own;
    // While we are not dumpable the file is root's, and where one id is mapped alone that is
    // nobody here. Nothing untrusted exists yet in this pid namespace that could use the moment.
    ::prctl(PR_SET_DUMPABLE, 1);
    own = owned_fd(::open(file, O_WRONLY | O_CLOEXEC));
    const int open_errno = errno;
    if (stands(wall::non_dumpable)) ::prctl(PR_SET_DUMPABLE, 0);
    errno = open_errno;
    return own;
}

}  // namespace

step_error raise_oom_score() {
    if (!stands(wall::oom_score)) return {};
    const owned_fd file = open_own();
    if (!file || write_text(file.get(), "1000") < 0) return {setup_step::set_oom_score, errno};
    return {};
}

}  // namespace sluice::sandbox
