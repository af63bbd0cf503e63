// cgroup v1 (hybrid hosts): one folder per slot in the memory, pids, cpuacct and, where it exists,
// cpu hierarchy. The manager sits in them; jobs are born there. Counters are read through held
// descriptors and the manager's own use is subtracted. Limits are changed only when they differ
// from the last run's.
#include "cgroup.hpp"
#include "init_clocks.hpp"
#include "small_io.hpp"
#include "walls.hpp"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace sluice::sandbox {

namespace {

enum v1_file {
    memory_limit,
    swap_limit,
    memory_peak,
    memory_usage,
    memory_oom,
    cpu_usage,
    pids_max,
    pids_events
};
constexpr std::array file_names{
    "memory/memory.limit_in_bytes",
    "memory/memory.memsw.limit_in_bytes",
    "memory/memory.max_usage_in_bytes",
    "memory/memory.usage_in_bytes",
    "memory/memory.oom_control",
    "cpuacct/cpuacct.usage",
    "pids/pids.max",
    "pids/pids.events",
};
static_assert(file_names.size() == protocol::cgroup_fd_count);

// Beside the program there are the manager and init in the same pids group.
constexpr std::int64_t own_tasks = 2;
// An init and a program's process that are made ahead.
constexpr std::int64_t next_tasks = 2;
// Room for what the manager and its inits keep in the same memory group.
constexpr std::int64_t own_memory = 5 << 19;
constexpr std::int64_t unlimited = 1LL << 50;

class host_v1 final : public cgroup_host {
public:
    host_v1(const cgroup_findings& found, unsigned cpu_percent) : cpu_percent_(cpu_percent) {
        const cgroup_mounts& b = found.bases;
        for (const std::string& base : {b.memory, b.pids, b.cpuacct, b.cpu}) {
            if (base.empty() || has_base(base)) continue;
            sweep_stale(base);
            hierarchies_.push_back({base, base + "/l" + std::to_string(::getpid())});
        }
        bases_ = b;
    }
    cgroup_version version() const override { return cgroup_version::v1; }

    step_error open_slot(unsigned slot, const id_plan&, slot_cgroup_fds& out) override {
        for (const hierarchy& h : hierarchies_) {
            for (const std::string& path : {h.base, h.own, slot_path(h, slot)}) {
                if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) {
                    return {setup_step::create_cgroup, errno};
                }
            }
        }
        if (cpu_percent_ != 0) {
            if (const step_error e = limit_cpu(slot)) return e;
        }
        for (std::size_t i = 0; i < file_names.size(); ++i) {
            const std::string path = file_path(slot, file_names[i]);
            out.fds[i] = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
            if (out.fds[i] < 0) out.fds[i] = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
            // Kernels without swap accounting have no memsw files; the self-check has judged that.
            if (out.fds[i] < 0 && i != swap_limit) return {setup_step::open_cgroup_files, errno};
        }
        return {};
    }
    step_error admit(unsigned slot, pid_t manager) override {
        for (const hierarchy& h : hierarchies_) {
            const std::string path = slot_path(h, slot) + "/cgroup.procs";
            if (write_file_at(AT_FDCWD, path.c_str(), std::to_string(manager)) < 0) {
                return {setup_step::join_cgroup, errno};
            }
        }
        return {};
    }
    void remove_slot(unsigned slot) override {
        for (const hierarchy& h : hierarchies_)
            remove_cgroup(slot_path(h, slot));
    }
    void remove_all() override {
        for (const hierarchy& h : hierarchies_) {
            remove_cgroup(h.own);
            ::rmdir(h.base.c_str());  // stays when another launcher uses it
        }
    }

    void remove_launcher(pid_t pid) override {
        for (const hierarchy& h : hierarchies_)
            remove_cgroup_tree(h.base + "/l" + std::to_string(pid));
    }

private:
    struct hierarchy {
        std::string base, own;
    };
    bool has_base(const std::string& base) const {
        return std::any_of(hierarchies_.begin(), hierarchies_.end(), [&](const hierarchy& h) {
            return h.base == base;
        });
    }
    static std::string slot_path(const hierarchy& h, unsigned slot) {
        return h.own + "/s" + std::to_string(slot);
    }
    std::string slot_path(const std::string& base, unsigned slot) const {
        for (const hierarchy& h : hierarchies_) {
            if (h.base == base) return slot_path(h, slot);
        }
        return {};
    }
    std::string file_path(unsigned slot, std::string_view name) const {
        const std::string_view controller = name.substr(0, name.find('/'));
        const std::string& base = controller == "memory" ? bases_.memory
                                  : controller == "pids" ? bases_.pids
                                                         : bases_.cpuacct;
        return slot_path(base, slot) + std::string(name.substr(controller.size()));
    }
    step_error limit_cpu(unsigned slot) const {
        const std::string folder = slot_path(bases_.cpu, slot);
        const std::int64_t quota = cpu_period_us * cpu_percent_ / 100;
        if (write_file_at(
                AT_FDCWD,
                (folder + "/cpu.cfs_period_us").c_str(),
                std::to_string(cpu_period_us)
            ) < 0 ||
            write_file_at(AT_FDCWD, (folder + "/cpu.cfs_quota_us").c_str(), std::to_string(quota)) <
                0) {
            return {setup_step::cgroup_cpu_limit, errno};
        }
        return {};
    }
    std::vector<hierarchy> hierarchies_;
    cgroup_mounts bases_;
    std::int64_t cpu_percent_;
};

std::int64_t own_cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

class meter_v1 final : public cgroup_meter {
public:
    step_error start() override { return {}; }
    step_error prepare() override { return {}; }
    int clone_target() const override { return -1; }
    void adopt(pid_t init, const run_board& board) override { clocks_.add(init, board); }
    void select(pid_t init, const sandboxes_beside& beside) override {
        init_ = init;
        beside_ = beside;
    }
    void look_ahead() override {
        if (processes_ > 0 && stands(wall::pids_limit)) (void)set_tasks();
        is_ahead_ = note_counters(false) == 0;
    }
    void forgo_next() override {
        beside_.is_next_made = false;
        (void)set_tasks();
    }

    step_error begin(std::int64_t memory_bytes, std::int64_t processes, bool is_continued)
        override {
        if (stands(wall::memory_limit) &&
            set_memory(memory_bytes + own_memory + helpers_.bytes) < 0) {
            return {setup_step::cgroup_memory_limit, errno};
        }
        processes_ = processes;
        if (stands(wall::pids_limit) && set_tasks() < 0) {
            return {setup_step::cgroup_pids_limit, errno};
        }
        memory_limit_ = memory_bytes;
        if (!std::exchange(is_ahead_, false) && note_counters(is_continued) < 0) {
            return {setup_step::cgroup_counters, errno};
        }
        return {};
    }
    std::int64_t cpu_us() override {
        const std::int64_t of_run = programs_ns() - programs_ns_at_start_;
        return (std::max<std::int64_t>(0, of_run) + clocks_.of_ns(init_)) / 1000;
    }
    run_counters read() override {
        run_counters c;
        c.cpu_us = cpu_us();
        // What earlier runs left in the page cache was charged before this one began.
        c.memory_peak_bytes =
            std::clamp<std::int64_t>(number(memory_peak) - usage_at_start_, 0, memory_limit_);
        c.memory_exceeded = keyed(memory_oom, "oom_kill") > kills_at_start_;
        c.processes_exceeded = keyed(pids_events, "max") > refusals_at_start_;
        if (c.memory_exceeded) c.memory_peak_bytes = memory_limit_;
        return c;
    }
    void lift_memory_limit() override { (void)set_memory(unlimited); }
    void settle() override {
        // A run that came near its limit must not make the next init's first page fail.
        if (limit_now_ != unlimited && number(memory_peak) > limit_now_ / 2) lift_memory_limit();
    }
    void make_room() override {
        (void)set_memory(unlimited);
        if (write_text(fd(pids_max), "max") == 0) tasks_now_ = 0;
    }
    void share_with(const slot_helpers& helpers) override {
        helpers_ = helpers;
        helper_clocks_.follow(helpers.pids);
    }
    void note_end(pid_t init) override { clocks_.note_end(init); }
    void retire(pid_t) override {}

private:
    static int fd(v1_file file) { return protocol::first_cgroup_fd + file; }
    std::int64_t number(v1_file file) {
        return first_number(read_at_start(fd(file), text_)).value_or(0);
    }
    std::int64_t keyed(v1_file file, std::string_view key) {
        return keyed_value(read_at_start(fd(file), text_), key).value_or(0);
    }
    // Of every program that there ever was: of this run since nothing of an earlier one is alive.
    std::int64_t programs_ns() {
        const std::int64_t ours = own_cpu_ns() + clocks_.total_ns() + helper_clocks_.total_ns();
        return number(cpu_usage) - ours;
    }
    // Where the run begins; one that is continued began earlier.
    int note_counters(bool is_continued) {
        if (write_number(fd(memory_peak), 0) < 0) return -1;
        if (!is_continued) {
            usage_at_start_ = number(memory_usage);
            programs_ns_at_start_ = programs_ns();
        }
        kills_at_start_ = keyed(memory_oom, "oom_kill");
        refusals_at_start_ = keyed(pids_events, "max");
        return 0;
    }
    int set_tasks() {
        // A process is counted until it is reaped, so the last init's place is never a program's.
        const std::int64_t tasks = processes_ + own_tasks + helpers_.count +
                                   (beside_.is_next_made ? next_tasks : 0) +
                                   (beside_.is_last_kept ? 1 : 0);
        if (tasks == tasks_now_) return 0;
        if (write_number(fd(pids_max), tasks) < 0) return -1;
        tasks_now_ = tasks;
        return 0;
    }
    // The limit without swap must never be above the limit with swap: the order depends on the
    // direction.
    int set_memory(std::int64_t bytes) {
        if (bytes == limit_now_) return 0;
        const bool has_swap_file = ::fcntl(fd(swap_limit), F_GETFD) >= 0;
        const bool is_rising = bytes > limit_now_;
        if (is_rising && has_swap_file && write_number(fd(swap_limit), bytes) < 0) return -1;
        if (write_number(fd(memory_limit), bytes) < 0) return -1;
        if (!is_rising && has_swap_file && write_number(fd(swap_limit), bytes) < 0) return -1;
        limit_now_ = bytes;
        return 0;
    }

    small_text text_{};
    std::int64_t limit_now_ = unlimited;
    std::int64_t processes_ = 0;
    std::int64_t memory_limit_ = 0;
    std::int64_t usage_at_start_ = 0;
    std::int64_t kills_at_start_ = 0;
    std::int64_t refusals_at_start_ = 0;
    std::int64_t programs_ns_at_start_ = 0;
    std::int64_t tasks_now_ = 0;
    sandboxes_beside beside_;
    bool is_ahead_ = false;
    pid_t init_ = -1;
    init_clocks clocks_;
    slot_helpers helpers_;
    helper_clocks helper_clocks_;
};

}  // namespace

std::unique_ptr<cgroup_host>
make_cgroup_host_v1(const cgroup_findings& found, unsigned cpu_percent) {
    return std::make_unique<host_v1>(found, cpu_percent);
}

std::unique_ptr<cgroup_meter> make_cgroup_meter_v1() {
    return std::make_unique<meter_v1>();
}

}  // namespace sluice::sandbox
