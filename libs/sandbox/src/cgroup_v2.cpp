// cgroup v2: <base>/l<launcher>/s<slot> belongs to the slot's manager, which moves into its leaf
// `m` once, switches the controllers on, and makes a fresh leaf `r<n>` for each run. Init is born
// in it (CLONE_INTO_CGROUP), so every counter starts at zero and nothing is ever migrated.
#include "cgroup.hpp"
#include "small_io.hpp"
#include "walls.hpp"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

namespace sluice::sandbox {

namespace {

constexpr std::int64_t own_tasks = 1;         // init
constexpr std::int64_t own_memory = 1 << 20;  // init's pages and the tmpfs root

// Switches on what exists; memory and pids must succeed, cpu is for fairness only.
int enable_controllers(int folder) {
    (void)write_file_at(folder, "cgroup.subtree_control", "+cpu");
    return write_file_at(folder, "cgroup.subtree_control", "+memory +pids");
}

// A folder with processes of its own cannot hand controllers down: they move into `main` first.
void empty_into_leaf(const std::string& folder) {
    const std::string leaf = folder + "/main";
    ::mkdir(leaf.c_str(), 0755);
    const std::string procs = read_whole_file((folder + "/cgroup.procs").c_str());
    std::string_view left = procs;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        (void)write_file_at(AT_FDCWD, (leaf + "/cgroup.procs").c_str(), left.substr(0, end));
        left.remove_prefix(std::min(end + 1, left.size()));
    }
}

class host_v2 final : public cgroup_host {
public:
    host_v2(const cgroup_findings& found, unsigned cpu_percent)
        : base_(found.bases.unified)
        , own_(base_ + "/l" + std::to_string(::getpid()))
        , cpu_percent_(cpu_percent) {
        const std::string& mount = found.mounts.unified;
        if (base_ == mount + found.own_unified) {
            empty_into_leaf(base_);
        } else {
            is_base_ours_ = ::mkdir(base_.c_str(), 0755) == 0;
            const owned_fd root(::open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            (void)enable_controllers(root.get());
        }
        sweep_stale(base_);
    }
    cgroup_version version() const override { return cgroup_version::v2; }

    step_error open_slot(unsigned slot, const id_plan& ids, slot_cgroup_fds& out) override {
        if (::mkdir(own_.c_str(), 0755) < 0 && errno != EEXIST) {
            return {setup_step::create_cgroup, errno};
        }
        for (const std::string& path : {base_, own_}) {
            const owned_fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            if (enable_controllers(folder.get()) < 0) return {setup_step::create_cgroup, errno};
        }
        const std::string path = slot_path(slot);
        if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) {
            return {setup_step::create_cgroup, errno};
        }
        if (const step_error e = limit_cpu(path)) return e;
        // Opened while the folder is ours: whoever opens the file is who moves the manager.
        entrances_[slot] = owned_fd(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
        if (!entrances_[slot]) return {setup_step::open_cgroup_files, errno};
        // The manager may make leaves and move processes below its slot, and change no limit of the
        // slot.
        constexpr const char* given[] =
            {"", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads", nullptr};
        if (const step_error e = give_away(ids, slot, path, given)) return e;
        out.fds[0] = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return out.fds[0] < 0 ? step_error{setup_step::open_cgroup_files, errno} : step_error{};
    }
    step_error admit(unsigned slot, pid_t manager) override {
        const int written = write_text(entrances_[slot].get(), std::to_string(manager));
        const int write_errno = errno;
        entrances_.erase(slot);
        return written < 0 ? step_error{setup_step::join_cgroup, write_errno} : step_error{};
    }
    void remove_slot(unsigned slot) override {
        const std::string path = slot_path(slot);
        remove_cgroup_tree(path);
    }
    void remove_all() override {
        remove_cgroup(own_);
        if (is_base_ours_) ::rmdir(base_.c_str());
    }

    void remove_launcher(pid_t pid) override {
        remove_cgroup_tree(base_ + "/l" + std::to_string(pid));
    }

private:
    std::string slot_path(unsigned slot) const { return own_ + "/s" + std::to_string(slot); }
    step_error limit_cpu(const std::string& slot) const {
        if (cpu_percent_ == 0) return {};
        const std::string limit = std::to_string(cpu_period_us * cpu_percent_ / 100) + " " +
                                  std::to_string(cpu_period_us);
        const std::string file = slot + "/cpu.max";
        return write_file_at(AT_FDCWD, file.c_str(), limit) < 0
                   ? step_error{setup_step::cgroup_cpu_limit, errno}
                   : step_error{};
    }

    std::string base_, own_;
    std::map<unsigned, owned_fd> entrances_;  // of slots whose manager has not come in yet
    std::int64_t cpu_percent_ = 0;
    bool is_base_ours_ = false;
};

class meter_v2 final : public cgroup_meter {
public:
    step_error start() override {
        if (::mkdirat(slot_fd, "m", 0755) < 0 && errno != EEXIST) {
            return {setup_step::create_cgroup, errno};
        }
        if (write_file_at(slot_fd, "m/cgroup.procs", "0") < 0)
            return {setup_step::join_cgroup, errno};
        if (enable_controllers(slot_fd) < 0) return {setup_step::create_cgroup, errno};
        // Before its runs in the queue for a processor, where that controller is there: without
        // root there is no negative nice value.
        (void)write_file_at(slot_fd, "m/cpu.weight", "10000");
        return {};
    }
    step_error prepare() override {
        made_ = find(-1);
        if (made_ == nullptr) return {setup_step::create_cgroup, EBUSY};
        remove(*made_);
        leaf& l = *made_;
        std::snprintf(l.name.data(), l.name.size(), "r%lld", static_cast<long long>(next_++));
        if (::mkdirat(slot_fd, l.name.data(), 0755) < 0) return {setup_step::create_cgroup, errno};
        l.folder.reset(::openat(slot_fd, l.name.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        l.cpu.reset(::openat(l.folder.get(), "cpu.stat", O_RDONLY | O_CLOEXEC));
        if (!l.folder || !l.cpu) return {setup_step::open_cgroup_files, errno};
        // One process over the limit ends the whole run: no half-dead trees.
        (void)write_file_at(l.folder.get(), "memory.oom.group", "1");
        return {};
    }
    int clone_target() const override { return made_ != nullptr ? made_->folder.get() : -1; }
    void adopt(pid_t init, const run_board&) override { made_->init = init; }
    void select(pid_t init, const sandboxes_beside&) override {
        leaf* const selected = find(init);
        if (selected != run_) is_ahead_ = false;
        run_ = selected;
    }

    void look_ahead() override {
        if (limits_.processes > 0) is_ahead_ = !set(limits_);
    }
    // The leaf is the sandbox's own, so its memory counts from the beginning in any case.
    int run_folder() const override { return run_ != nullptr ? run_->folder.get() : -1; }
    step_error begin(std::int64_t memory_bytes, std::int64_t processes, bool) override {
        const limits wanted{memory_bytes, processes};
        const bool is_set = std::exchange(is_ahead_, false) && wanted == limits_;
        limits_ = wanted;
        return is_set ? step_error{} : set(wanted);
    }
    std::int64_t cpu_us() override {
        return keyed_value(read_at_start(run_->cpu.get(), text_), "usage_usec").value_or(0);
    }
    run_counters read() override {
        run_counters c;
        c.cpu_us = cpu_us();
        c.memory_exceeded = keyed("memory.events", "oom_kill") > 0;
        c.processes_exceeded = keyed("pids.events", "max") > 0;
        // memory.peak came with Linux 5.19; before that the current use is the best there is.
        const std::int64_t peak = std::max(number("memory.peak"), number("memory.current"));
        c.memory_peak_bytes =
            c.memory_exceeded ? limits_.memory_bytes : std::min(peak, limits_.memory_bytes);
        return c;
    }
    void lift_memory_limit() override {
        (void)write_file_at(run_->folder.get(), "memory.max", "max");
    }
    void retire(pid_t init) override {
        leaf* const l = init < 0 ? made_ : find(init);
        if (l != nullptr && l->init == init) remove(*l);
    }

private:
    struct leaf {
        std::array<char, 24> name{};
        owned_fd folder, cpu;
        pid_t init = -1;  // -1: free, or made for an init that is not there yet
    };
    leaf* find(pid_t init) {
        const auto found = std::ranges::find(leaves_, init, &leaf::init);
        return found == leaves_.end() ? nullptr : &*found;
    }
    static void remove(leaf& l) {
        l.init = -1;
        if (!l.folder) return;
        // Init is reaped and its namespace with it; this is a second wall, and costs microseconds.
        if (stands(wall::cgroup_kill)) (void)write_file_at(l.folder.get(), "cgroup.kill", "1");
        l.folder.reset();
        l.cpu.reset();
        for (int tries = 0; tries < 200; ++tries) {
            if (::unlinkat(slot_fd, l.name.data(), AT_REMOVEDIR) == 0 || errno != EBUSY) break;
            const timespec pause{0, 500'000};
            ::nanosleep(&pause, nullptr);
        }
    }
    struct limits {
        std::int64_t memory_bytes = 0, processes = 0;
        bool operator==(const limits&) const = default;
    };
    step_error set(const limits& wanted) {
        const int folder = run_->folder.get();
        if (stands(wall::memory_limit) &&
            write_file_at(folder, "memory.max", std::to_string(wanted.memory_bytes + own_memory)) <
                0) {
            return {setup_step::cgroup_memory_limit, errno};
        }
        // Absent when the kernel has no swap accounting; the self-check has judged that.
        if (write_file_at(folder, "memory.swap.max", "0") < 0 && errno != ENOENT) {
            return {setup_step::cgroup_memory_limit, errno};
        }
        if (stands(wall::pids_limit) &&
            write_file_at(folder, "pids.max", std::to_string(wanted.processes + own_tasks)) < 0) {
            return {setup_step::cgroup_pids_limit, errno};
        }
        return {};
    }
    static constexpr int slot_fd = protocol::first_cgroup_fd;
    std::int64_t number(const char* file) {
        const owned_fd fd(::openat(run_->folder.get(), file, O_RDONLY | O_CLOEXEC));
        return fd ? first_number(read_at_start(fd.get(), text_)).value_or(0) : 0;
    }
    std::int64_t keyed(const char* file, std::string_view key) {
        const owned_fd fd(::openat(run_->folder.get(), file, O_RDONLY | O_CLOEXEC));
        return fd ? keyed_value(read_at_start(fd.get(), text_), key).value_or(0) : 0;
    }

    small_text text_{};
    std::array<leaf, 4> leaves_{};
    leaf* made_ = nullptr;  // the last one
    leaf* run_ = nullptr;
    std::int64_t next_ = 0;
    limits limits_;  // the last run's
    bool is_ahead_ = false;
};

}  // namespace

std::unique_ptr<cgroup_host>
make_cgroup_host_v2(const cgroup_findings& found, unsigned cpu_percent) {
    return std::make_unique<host_v2>(found, cpu_percent);
}

std::unique_ptr<cgroup_meter> make_cgroup_meter_v2() {
    return std::make_unique<meter_v2>();
}

}  // namespace sluice::sandbox
