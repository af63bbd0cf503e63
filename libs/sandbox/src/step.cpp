// Names of the set-up steps, in the order of the enum.
#include "step.hpp"

#include <array>
#include <cstring>

namespace sluice::sandbox {

namespace {
constexpr std::array names{
    "none",
    "create_cgroup",
    "open_cgroup_files",
    "make_slot_socket",
    "clone_slot",
    "map_ids",
    "join_cgroup",
    "cgroup_cpu_limit",
    "start_relay",
    "enclose_relay",
    "take_slot_ids",
    "die_with_launcher",
    "private_mounts",
    "mount_root",
    "pivot_root",
    "make_root_folders",
    "bind_read_only_path",
    "bind_device",
    "write_etc",
    "mount_slot_proc",
    "forbid_user_namespaces",
    "set_hostname",
    "detach_old_root",
    "seal_root",
    "unshare_cgroup",
    "exec_manager",
    "drop_bounding_set",
    "no_new_privs",
    "install_seccomp",
    "cgroup_memory_limit",
    "cgroup_pids_limit",
    "cgroup_counters",
    "make_run_socket",
    "clone_init",
    "mount_box",
    "bind_box_folder",
    "mount_proc",
    "landlock_ruleset",
    "raise_loopback",
    "open_egress",
    "make_pipes",
    "receive_command",
    "resize_box",
    "unpack_files",
    "clone_job",
    "new_session",
    "set_rlimits",
    "set_oom_score",
    "take_job_ids",
    "enter_landlock",
    "place_descriptors",
    "exec_program",
    "collect_files",
    "protocol",
    "write_bundle",
    "run_oci_runtime",
    "make_terminal",
    "take_terminal",
    "start_fork_keeper",
};
static_assert(names.size() == static_cast<std::size_t>(setup_step::count_));
}  // namespace

const char* to_name(setup_step step) {
    const auto index = static_cast<std::size_t>(step);
    return index < names.size() ? names[index] : "unknown_step";
}

std::string describe_step(std::uint32_t step, std::int32_t error_number) {
    const char* name = strerrorname_np(error_number);
    std::string text = to_name(static_cast<setup_step>(step));
    text += ": ";
    text += name != nullptr ? name : "errno " + std::to_string(error_number);
    return text;
}

}  // namespace sluice::sandbox
