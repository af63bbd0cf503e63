// Memory, process and CPU limits of a run, on cgroup v1 and v2 behind one interface. It has two
// halves: cgroup_host belongs to the launcher (it has the rights to make folders), cgroup_meter to
// a slot manager (it sets limits and reads counters through descriptors it was given, and holds no
// other rights).
//
// Nothing is migrated between cgroups while runs go on: writing a pid into cgroup.procs costs 8 to
// 16 ms after a pause. On v1 the manager lives in its slot's cgroup and jobs inherit it; on v2 each
// run is born into a fresh leaf (CLONE_INTO_CGROUP).
#pragma once

#include "cgroup_text.hpp"
#include "id_map.hpp"
#include "protocol.hpp"
#include "run_board.hpp"
#include "step.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sluice::sandbox {

// none: the host has no usable ones, and the operator accepted what falls (cgroup_none.cpp).
enum class cgroup_version { v1, v2, none };

struct slot_cgroup_fds {
    int fds[protocol::cgroup_fd_count] = {-1, -1, -1, -1, -1, -1, -1, -1};
};

class cgroup_host {
public:
    virtual ~cgroup_host() = default;
    virtual cgroup_version version() const = 0;
    // Makes the slot's folders, owned by nobody but us, and opens what its manager needs.
    virtual step_error open_slot(unsigned slot, const id_plan& ids, slot_cgroup_fds& out) = 0;
    virtual step_error admit(unsigned slot, pid_t manager) = 0;
    virtual void remove_slot(unsigned slot) = 0;  // after every process in it is gone
    virtual void remove_all() = 0;
    // Folders of another launcher, whose last processes may be about to end.
    virtual void remove_launcher(pid_t pid) = 0;
};

// What the host offers, for the self-check and for make_cgroup_host.
struct cgroup_findings {
    cgroup_mounts mounts;
    // The folder in each hierarchy below which launchers make theirs; empty where this process may
    // not. It is the own cgroup where that was delegated to us, else a folder below the mount.
    cgroup_mounts bases;
    std::string own_unified;  // path of this process, a leaf `main` that it moved to left out
    bool is_v2_usable = false;
    bool is_v1_usable = false;
    bool has_swap_limit = false;
    std::string v2_controllers;
};
// `parent` is "auto", a folder name, or "none", which finds nothing usable.
cgroup_findings find_cgroups(std::string_view parent);

// nullptr when the host has no usable cgroups. `cpu_percent`: processor time that a slot may use,
// in percent of one processor; 0 for all of it.
std::unique_ptr<cgroup_host> make_cgroup_host(const cgroup_findings& found, unsigned cpu_percent);
std::unique_ptr<cgroup_host>
make_cgroup_host_v1(const cgroup_findings& found, unsigned cpu_percent);
std::unique_ptr<cgroup_host>
make_cgroup_host_v2(const cgroup_findings& found, unsigned cpu_percent);

std::unique_ptr<cgroup_host> make_cgroup_host_none();

// Short periods, so that a throttled slot's manager (it shares the limit) is late by 10 ms at most.
inline constexpr std::int64_t cpu_period_us = 10'000;

struct run_counters {
    std::int64_t cpu_us = 0;
    std::int64_t memory_peak_bytes = 0;
    bool memory_exceeded = false;
    bool processes_exceeded = false;
};

// Processes beside manager and init that share a slot's cgroup with its programs (cgroup v1).
struct slot_helpers {
    std::array<pid_t, 2> pids{-1, -1};
    std::int64_t count = 0;
    std::int64_t bytes = 0;  // at most charged for them
};

// Beside the one of the run.
struct sandboxes_beside {
    bool is_next_made = false;  // another init, and a process that waits for a command
    bool is_last_kept = false;  // the last run's init, which is not reaped before this run is over
};

class cgroup_meter {
public:
    virtual ~cgroup_meter() = default;
    // Once, when the manager starts.
    virtual step_error start() = 0;
    // Before an init is made. v2 makes the leaf that clone_target() then names; -1 means "inherit".
    virtual step_error prepare() = 0;
    virtual int clone_target() const = 0;
    // The init that was made then, and its board.
    virtual void adopt(pid_t, const run_board&) {}
    // Whose run the calls below are about, and who else is in the slot while it goes on.
    virtual void select(pid_t, const sandboxes_beside&) {}
    // The selected run's sandbox is made and quiet, and its command not there yet: what begin()
    // would do for the limits of the last run is done, while nobody waits.
    virtual void look_ahead() {}
    // That one was not made after all: its place was never the program's.
    virtual void forgo_next() {}
    // When the command has come: sets the limits and remembers where the other counters stand.
    // `is_continued`: a warm runtime waits in the sandbox since an earlier begin(), and its memory
    // is the run's.
    virtual step_error
    begin(std::int64_t memory_bytes, std::int64_t processes, bool is_continued) = 0;
    // CPU time of the run so far and of its init, the manager's own use taken out.
    virtual std::int64_t cpu_us() = 0;
    virtual run_counters read() = 0;
    // The program is dead: what follows (collecting, tearing down) must not fail for its limit.
    virtual void lift_memory_limit() = 0;
    // The run is answered.
    virtual void settle() {}
    // An init, of whatever run, is dead but not reaped yet.
    virtual void note_end(pid_t) {}
    // It was reaped; -1: what was prepared for it was not used.
    virtual void retire(pid_t) = 0;

    // Between runs: the last one's limits must not hold helpers back that are about to start.
    virtual void make_room() {}
    // Before begin(): who else is there, so that nothing of it is the run's.
    virtual void share_with(const slot_helpers&) {}
    // Where the selected run's processes have to be born; -1: they inherit it.
    virtual int run_folder() const { return -1; }

    // The rest is for where there is no cgroup.
    virtual bool has_cgroup() const { return true; }
    // A run is looked at at least so often.
    virtual std::int64_t longest_check_us() const { return INT64_MAX; }
    // After cpu_us(): the run must be ended for its memory.
    virtual bool is_over_memory() { return false; }
    // Init was killed and is not reaped yet; `all` is its own use and that of all whom it reaped.
    virtual void init_ended(const rusage&) {}
};
// The descriptors lie at protocol::first_cgroup_fd.
std::unique_ptr<cgroup_meter> make_cgroup_meter(cgroup_version version);
std::unique_ptr<cgroup_meter> make_cgroup_meter_v1();
std::unique_ptr<cgroup_meter> make_cgroup_meter_v2();
std::unique_ptr<cgroup_meter> make_cgroup_meter_none();

// Removes a folder that has just been emptied; the kernel may say EBUSY for some milliseconds.
void remove_cgroup(const std::string& path);
void remove_cgroup_tree(const std::string& path);
// Removes launcher folders "l<pid>" below `base` whose process is gone, with their slots.
void sweep_stale(const std::string& base);

}  // namespace sluice::sandbox
