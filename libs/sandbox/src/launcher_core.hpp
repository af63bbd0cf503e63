// Makes and ends slot managers. Used by the launcher role and by the self-check's trial.
#pragma once

#include "cgroup.hpp"
#include "slot_opener.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace sluice::sandbox {

struct launcher_settings {
    unsigned slots = 1;
    unsigned first_uid = 200000;
    unsigned cpu_percent = 0;
    // What weak_points.hpp lists was accepted by name.
    bool may_use_single_uid = false;
    bool may_run_without_cgroups = false;
    bool has_fork_servers = false;
    std::string cgroup_parent = "auto";
    std::vector<std::string> read_only_paths;
    std::vector<protocol::egress_rule> egress;  // empty: network::egress is refused
};

class launcher_core final : public slot_opener {
public:
    explicit launcher_core(launcher_settings settings);
    ~launcher_core() override;
    launcher_core(const launcher_core&) = delete;
    launcher_core& operator=(const launcher_core&) = delete;

    unsigned slot_count() const override { return settings_.slots; }
    const id_plan& ids() const { return ids_; }
    step_error open_slot(unsigned slot, protocol::network reach, int& socket) override;
    void remove_what_is_left_of(pid_t launcher) override;
    void close_all() override;

private:
    void end_manager(unsigned slot);
    void end_relay(unsigned slot);
    step_error open_way_out(unsigned slot, int& relay, int& rules);

    launcher_settings settings_;
    id_plan ids_;
    std::unique_ptr<cgroup_host> cgroups_;
    std::vector<pid_t> managers_;
    std::vector<pid_t> relays_;
    int executable_ = -1;
};

}  // namespace sluice::sandbox
