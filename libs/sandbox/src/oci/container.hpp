// One container at a time, made ahead of its run: the PID 1 of the run as an OCI runtime's
// container, and the meter that reads its cgroup. Everything above (supervision, verdicts, replies)
// is shared with the native backend.
#pragma once

#include "../init_source.hpp"
#include "container_cgroup.hpp"
#include "oci_roles.hpp"

namespace sluice::sandbox::oci {

class container final : public cgroup_meter, public init_source {
public:
    // `board_file` is what init maps its board from.
    container(const oci_settings& settings, unsigned slot, int board_file);

    step_error start() override { return {}; }
    step_error prepare() override;
    int clone_target() const override { return -1; }
    step_error start(int control, int output, int errors, box_size expected, pid_t& init) override;
    unsigned job_uid() const override { return settings_.first_uid + 2 * slot_ + 1; }
    step_error begin(std::int64_t memory_bytes, std::int64_t processes, bool is_continued) override;
    // The supervisor takes init's own time out, of which the part before begin() is not in the
    // cgroup's count.
    std::int64_t cpu_us() override { return cgroup_.cpu_us() + uncounted_cpu_us_; }
    run_counters read() override;
    void lift_memory_limit() override { cgroup_.lift_memory_limit(); }
    void retire(pid_t) override { remove(); }

private:
    // Also after a failure, so that the next container finds nothing of the last.
    void remove();
    std::vector<std::string> command(std::vector<std::string> words) const;
    step_error write_config(box_size expected) const;
    bool makes_own_cgroup() const { return settings_.runtime == runtime_kind::runsc; }

    const oci_settings& settings_;
    unsigned slot_;
    int board_file_;
    std::string cgroup_path_;
    container_cgroup cgroup_;
    std::vector<std::string> join_;
    std::string id_;
    unsigned long runs_ = 0;
    bool exists_ = false;
    pid_t init_ = -1;
    std::int64_t uncounted_cpu_us_ = 0;  // init's until the counters' start was noted
    std::int64_t memory_bytes_ = 256 << 20;
    std::int64_t tasks_ = 64;
};

}  // namespace sluice::sandbox::oci
