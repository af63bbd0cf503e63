// For sluice-slot-manager-weak only: what the last steps before the program look like when the
// walls around its identity and its descriptors are taken away.
#pragma once

#include "protocol.hpp"
#include "step.hpp"
#include "walls.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::sandbox {

inline void keep_all_capabilities() {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    ::syscall(SYS_capget, &head, data);
    for (auto& half : data)
        half.effective = half.inheritable = half.permitted;
    ::syscall(SYS_capset, &head, data);
    for (int c = 0; c < 64; ++c)
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0);
}

inline step_error take_weak_ids() {
    if (!stands(wall::job_uid)) {
        // The program stays what init is; the emptied bounding set still takes its capabilities.
        if (!stands(wall::capabilities)) keep_all_capabilities();
        return {};
    }
    ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (::syscall(SYS_setgroups, 0, nullptr) < 0 ||
        ::syscall(SYS_setresgid, protocol::job_uid, protocol::job_uid, protocol::job_uid) < 0 ||
        ::syscall(SYS_setresuid, protocol::job_uid, protocol::job_uid, protocol::job_uid) < 0) {
        return {setup_step::take_job_ids, errno};
    }
    keep_all_capabilities();
    return {};
}

inline void keep_descriptors() {
    for (int fd = 3; fd < 256; ++fd)
        ::fcntl(fd, F_SETFD, 0);
}

}  // namespace sluice::sandbox
