// SLUICE_JAIL names the mode; SLUICE_CGROUP_PARENT the delegated folders ("auto", or a prefix to
// which the jail's number is added); SLUICE_FIRST_UID the range of the user.
#include "jail_mode.hpp"

#include "landlock.hpp"
#include "weak_points.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace sluice::sandbox::test {

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

}  // namespace

jail_mode current_mode() {
    const std::string name = variable("SLUICE_JAIL");
    if (name == "subids") return jail_mode::subids;
    if (name == "single_uid") return jail_mode::single_uid;
    if (name == "no_cgroups") return jail_mode::no_cgroups;
    return jail_mode::root;
}

bool landlock_scopes_signals() {
    return landlock_version() >= 6;
}

void apply_mode(sandbox_config& config, int number) {
    const jail_mode mode = current_mode();
    INFO("security tests build real sandboxes: as root, or as unprivileged.py starts them");
    REQUIRE((::geteuid() == 0) == (mode == jail_mode::root || mode == jail_mode::no_cgroups));
    if (mode == jail_mode::no_cgroups) {
        config.cgroup_parent = "none";
        for (const weak_point& weak : no_cgroup_weak_points)
            config.allow_weak.emplace_back(weak.name);
        return;
    }
    const std::string parent = variable("SLUICE_CGROUP_PARENT");
    if (parent == "auto") config.cgroup_parent = parent;
    if (!parent.empty() && parent != "auto") {
        config.cgroup_parent = parent + "-" + std::to_string(number);
    }
    if (mode == jail_mode::subids) config.first_uid = std::stoll(variable("SLUICE_FIRST_UID"));
    if (mode == jail_mode::single_uid) {
        // So that first_uid + 1 is the program's uid here as well.
        config.first_uid = static_cast<std::int64_t>(::geteuid()) - 1;
        for (const weak_point& weak : single_uid_weak_points) {
            if (weak.is_always) config.allow_weak.emplace_back(weak.name);
        }
    }
}

}  // namespace sluice::sandbox::test
