// The third answer behind cgroup.hpp, for a host without usable cgroups whose operator accepted by
// name what falls with them (no_cgroup_weak_points in weak_points.hpp). rlimits hold each process
// (step_rlimits.cpp); what the tree uses together is counted here, by looking at it in /proc every
// few milliseconds, and what is over is killed. What ends between two looks is in its parent's
// counters, unless that parent ignores SIGCHLD.
#include "cgroup.hpp"
#include "init_clocks.hpp"
#include "small_io.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace sluice::sandbox {

namespace {

constexpr std::int64_t look_every_us = 10'000;

class host_none final : public cgroup_host {
public:
    cgroup_version version() const override { return cgroup_version::none; }
    step_error open_slot(unsigned, const id_plan&, slot_cgroup_fds&) override { return {}; }
    step_error admit(unsigned, pid_t) override { return {}; }
    void remove_slot(unsigned) override {}
    void remove_all() override {}
    void remove_launcher(pid_t) override {}
};

// What the processes of the slot but the manager use.
struct tree_use {
    std::int64_t cpu_us = 0;
    std::int64_t anonymous_bytes = 0;  // what several share after a fork counts in each
};

std::string_view read_of(pid_t pid, const char* file, small_text& buffer) {
    std::array<char, 64> path{};
    char* end = std::to_chars(path.data() + 6, path.data() + 20, pid).ptr;
    std::copy_n("/proc/", 6, path.data());
    std::copy_n(file, std::string_view(file).size(), end);
    const owned_fd fd(::open(path.data(), O_RDONLY | O_CLOEXEC));
    return fd ? read_at_start(fd.get(), buffer) : std::string_view();
}

// The index-th word of a line; 0 when there is none.
std::int64_t word_at(std::string_view text, std::size_t index) {
    for (; index > 0; --index)
        next_piece(text, ' ');
    return first_number(next_piece(text, ' ')).value_or(0);
}

std::int64_t waited_cpu_us(pid_t pid, small_text& buffer) {
    static const std::int64_t tick_us = 1'000'000 / ::sysconf(_SC_CLK_TCK);
    std::string_view stat = read_of(pid, "/stat", buffer);
    // The name may hold anything, parentheses too; the numbers are behind the last one. Words 14
    // and 15 from there are the times of children that were waited for.
    const std::size_t name_end = stat.rfind(')');
    if (name_end == stat.npos) return 0;
    stat.remove_prefix(name_end + 2);
    return (word_at(stat, 13) + word_at(stat, 14)) * tick_us;
}

std::int64_t anonymous_bytes(pid_t pid, small_text& buffer) {
    static const std::int64_t page = ::sysconf(_SC_PAGESIZE);
    const std::string_view statm = read_of(pid, "/statm", buffer);
    return (word_at(statm, 1) - word_at(statm, 2)) * page;
}

// What it would cost to be without this process: shared pages are divided among their users.
std::int64_t proportional_bytes(pid_t pid, small_text& buffer) {
    std::string_view text = read_of(pid, "/smaps_rollup", buffer);
    std::int64_t kibibytes = 0;
    while (!text.empty()) {
        std::string_view line = next_piece(text, '\n');
        const std::string_view name = next_piece(line, ':');
        if (name != "Pss_Anon" && name != "Pss_Shmem") continue;
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        kibibytes += first_number(next_piece(line, ' ')).value_or(0);
    }
    return kibibytes * 1024;
}

class meter_none final : public cgroup_meter {
public:
    step_error start() override { return {}; }
    step_error prepare() override {
        use_ = {};
        ended_cpu_us_ = peak_ = 0;
        is_exceeded_ = false;
        return {};
    }
    int clone_target() const override { return -1; }
    step_error begin(std::int64_t memory_bytes, std::int64_t, bool) override {
        memory_limit_ = memory_bytes;
        return {};
    }
    std::int64_t cpu_us() override {
        if (ended_cpu_us_ == 0) look();
        return std::max(use_.cpu_us, ended_cpu_us_);
    }
    run_counters read() override {
        run_counters c;
        c.cpu_us = cpu_us();
        c.memory_peak_bytes = is_exceeded_ ? memory_limit_ : std::min(peak_, memory_limit_);
        c.memory_exceeded = is_exceeded_;
        return c;
    }
    void lift_memory_limit() override {}
    void retire(pid_t) override {}

    bool has_cgroup() const override { return false; }
    std::int64_t longest_check_us() const override { return look_every_us; }
    bool is_over_memory() override {
        // cpu_us() has just looked.
        if (use_.anonymous_bytes > memory_limit_) {
            const std::int64_t exact =
                sum_over_tree([&](pid_t pid) { return proportional_bytes(pid, text_); });
            peak_ = std::max(peak_, exact);
            is_exceeded_ = exact > memory_limit_;
        } else {
            peak_ = std::max(peak_, use_.anonymous_bytes);
        }
        return is_exceeded_;
    }
    void init_ended(const rusage& all) override {
        const auto us = [](const timeval& t) { return t.tv_sec * 1'000'000LL + t.tv_usec; };
        ended_cpu_us_ = us(all.ru_utime) + us(all.ru_stime);
    }

private:
    template <class Measure>
    static std::int64_t sum_over_tree(Measure measure) {
        std::int64_t sum = 0;
        DIR* processes = ::opendir("/proc");
        if (processes == nullptr) return 0;
        while (const dirent* entry = ::readdir(processes)) {
            const auto pid = first_number(entry->d_name);
            if (pid && *pid > 1) sum += measure(static_cast<pid_t>(*pid));
        }
        ::closedir(processes);
        return sum;
    }
    // Never less than before: who has just ended may be in nobody's counter yet.
    void look() {
        tree_use now;
        now.cpu_us = sum_over_tree([&](pid_t pid) {
            now.anonymous_bytes += anonymous_bytes(pid, text_);
            return process_clock_ns(pid) / 1000 + waited_cpu_us(pid, text_);
        });
        use_.cpu_us = std::max(use_.cpu_us, now.cpu_us);
        use_.anonymous_bytes = now.anonymous_bytes;
    }

    small_text text_{};
    tree_use use_;
    std::int64_t ended_cpu_us_ = 0;
    std::int64_t memory_limit_ = 0;
    std::int64_t peak_ = 0;
    bool is_exceeded_ = false;
};

}  // namespace

std::unique_ptr<cgroup_host> make_cgroup_host_none() {
    return std::make_unique<host_none>();
}

std::unique_ptr<cgroup_meter> make_cgroup_meter_none() {
    return std::make_unique<meter_none>();
}

}  // namespace sluice::sandbox
