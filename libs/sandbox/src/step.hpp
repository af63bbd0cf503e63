// Every step of building a sandbox has a name here. A failure is reported as {step, errno} and
// becomes sandbox_errc::setup_failed with "step_name: ERRNO", so that an operator sees at once what
// the host refused.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::sandbox {

enum class setup_step : std::uint32_t {
    none,
    // launcher, once per slot
    create_cgroup,
    open_cgroup_files,
    make_slot_socket,
    clone_slot,
    map_ids,
    join_cgroup,
    cgroup_cpu_limit,
    start_relay,
    enclose_relay,
    // slot manager, once
    take_slot_ids,
    die_with_launcher,
    private_mounts,
    mount_root,
    pivot_root,
    make_root_folders,
    bind_read_only_path,
    bind_device,
    write_etc,
    mount_slot_proc,
    forbid_user_namespaces,
    set_hostname,
    detach_old_root,
    seal_root,
    unshare_cgroup,
    exec_manager,
    drop_bounding_set,
    no_new_privs,
    install_seccomp,
    // slot manager, per run
    cgroup_memory_limit,
    cgroup_pids_limit,
    cgroup_counters,
    make_run_socket,
    clone_init,
    // init, per run
    mount_box,
    bind_box_folder,
    mount_proc,
    landlock_ruleset,
    raise_loopback,
    open_egress,
    make_pipes,
    receive_command,
    resize_box,
    unpack_files,
    clone_job,
    // job, per run
    new_session,
    set_rlimits,
    set_oom_score,
    take_job_ids,
    enter_landlock,
    place_descriptors,
    exec_program,
    // after the program
    collect_files,
    protocol,
    // OCI backend
    write_bundle,
    run_oci_runtime,
    // interactive runs
    make_terminal,
    take_terminal,
    // fork servers
    start_fork_keeper,
    count_,
};

struct [[nodiscard]] step_error {
    setup_step step = setup_step::none;
    int error_number = 0;
    explicit operator bool() const { return step != setup_step::none; }
};

const char* to_name(setup_step step);
// "mount_box: ENOSPC"; safe for any value that came over a socket.
std::string describe_step(std::uint32_t step, std::int32_t error_number);

}  // namespace sluice::sandbox
