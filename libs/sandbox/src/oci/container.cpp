// `run --detach` ends when our init has taken over; the container's process is then a child of this
// manager (PID 1 of its pid namespace), so that killing it and waiting for its end work as in the
// native backend. `delete --force` afterwards takes the runtime's state and cgroups away.
#include "container.hpp"

#include "../init_clocks.hpp"
#include "runtime_process.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sluice::sandbox::oci {

namespace {

// What a runtime itself needs before our init takes over; begin() sets the exact limits.
constexpr std::int64_t runtime_memory = 64 << 20;
constexpr std::int64_t runtime_tasks = 64;
// gVisor's kernel lives in the same cgroup as the program, all the time.
constexpr std::int64_t sentry_memory = 256 << 20;
constexpr std::int64_t sentry_tasks = 256;

int write_file(const std::string& path, std::string_view text) {
    const owned_fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd) return -1;
    while (!text.empty()) {
        const ssize_t n = ::write(fd.get(), text.data(), text.size());
        if (n <= 0) return -1;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

}  // namespace

container::container(const oci_settings& settings, unsigned slot, int board_file)
    : settings_(settings)
    , slot_(slot)
    , board_file_(board_file)
    , cgroup_path_(settings.cgroup_path + "/s" + std::to_string(slot) + "/run")
    , cgroup_(cgroup_path_) {}

std::vector<std::string> container::command(std::vector<std::string> words) const {
    std::vector<std::string> all{settings_.runtime_path, "--root", state_folder};
    if (settings_.runtime == runtime_kind::runsc) {
        for (const char* flag : {"--platform=ptrace", "--network=none", "--ignore-cgroups"})
            all.emplace_back(flag);
    }
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

step_error container::write_config(box_size expected) const {
    blank_values values;
    values.init_uid = settings_.first_uid + 2 * slot_;
    values.job_uid = job_uid();
    values.memory_bytes = std::max(memory_bytes_, runtime_memory);
    values.tasks = std::max(tasks_, runtime_tasks);
    values.disk_bytes = expected.bytes;
    values.inodes = expected.inodes;
    values.cgroup_path = cgroup_path_;
    const std::string path = std::string(bundle_folder) + "/config.json";
    if (write_file(path, fill_in(settings_.bundle, values)) < 0) {
        return {setup_step::write_bundle, errno};
    }
    return {};
}

step_error container::prepare() {
    remove();
    id_ = "s" + std::to_string(slot_) + "r" + std::to_string(++runs_);
    join_.clear();
    if (!makes_own_cgroup()) return {};
    return cgroup_.make(memory_bytes_ + sentry_memory, tasks_ + sentry_tasks, join_);
}

step_error container::start(int control, int output, int errors, box_size expected, pid_t& init) {
    if (const step_error e = write_config(expected)) return e;
    ::unlink(pid_file);
    std::vector<std::string> words{"run", "--detach", "--bundle", bundle_folder};
    words.insert(words.end(), {"--pid-file", pid_file, "--preserve-fds", "4", id_});
    runtime_call call;
    call.argv = command(std::move(words));
    const std::array passed{control, output, errors, board_file_};
    call.passed = passed;
    call.join = join_;
    exists_ = true;
    if (const step_error e = run_runtime(call)) return e;
    const std::string pid = read_whole_file(pid_file);
    const auto number = first_number(pid);
    if (!number || *number <= 1) return {setup_step::run_oci_runtime, ESRCH};
    init = init_ = static_cast<pid_t>(*number);
    return makes_own_cgroup() ? step_error{} : cgroup_.open();
}

step_error container::begin(std::int64_t memory_bytes, std::int64_t processes, bool is_continued) {
    // Its clock and not the board's word: init may still be preparing itself when a runtime is
    // ordered.
    if (!is_continued) uncounted_cpu_us_ = process_clock_ns(init_) / 1000;
    memory_bytes_ = memory_bytes;
    tasks_ = processes;
    if (makes_own_cgroup()) {
        return cgroup_.begin(memory_bytes + sentry_memory, processes + sentry_tasks, is_continued);
    }
    return cgroup_.begin(memory_bytes, processes, is_continued);
}

run_counters container::read() {
    run_counters c = cgroup_.read();
    c.cpu_us += uncounted_cpu_us_;
    return c;
}

void container::remove() {
    if (!exists_) return;
    exists_ = false;
    cgroup_.lift_memory_limit();
    cgroup_.close();
    runtime_call call;
    call.argv = command({"delete", "--force", id_});
    call.is_quiet = true;
    (void)run_runtime(call);
    // What the runtime left running would be ours by now.
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (makes_own_cgroup()) cgroup_.remove();
}

}  // namespace sluice::sandbox::oci
