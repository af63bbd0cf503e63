// See privileges.hpp.
#include "privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::execution {
namespace {

error failed(const std::string& step) {
    return fail(errc::io, step + ": " + std::strerror(errno));
}

}  // namespace

privilege_report current_privileges() {
    privilege_report report;
    report.uid = ::geteuid();
    report.gid = ::getegid();
    report.was_root = report.uid == 0 || ::getuid() == 0;
    const passwd* entry = ::getpwuid(report.uid);
    report.user = entry != nullptr ? entry->pw_name : std::to_string(report.uid);
    return report;
}

result<privilege_report> drop_privileges(const std::string& user) {
    const privilege_report before = current_privileges();
    if (!before.was_root) return before;
    errno = 0;
    const passwd* entry = ::getpwnam(user.c_str());
    if (entry == nullptr) return fail(errc::not_found, "there is no user \"" + user + "\"");
    if (entry->pw_uid == 0) return fail(errc::invalid, "user \"" + user + "\" is root");
    const uid_t uid = entry->pw_uid;
    const gid_t gid = entry->pw_gid;
    if (::setgroups(1, &gid) != 0) return failed("setgroups");
    if (::setresgid(gid, gid, gid) != 0) return failed("setresgid");
    if (::setresuid(uid, uid, uid) != 0) return failed("setresuid");
    // Not even a set-uid program gives something back.
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
    if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0) {
        return fail(errc::internal, "root could be had back");
    }
    privilege_report after = current_privileges();
    after.was_root = true;
    return after;
}

}  // namespace sluice::execution
