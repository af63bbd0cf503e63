// Starts and replaces slot managers. spawn() must be called before the process has any thread: the
// launcher process keeps the rights that building sandboxes needs, and this process can then drop
// its own.
//
// Process tree:  service (no rights) ── launcher (static, single-threaded) ── slot manager × N ──
// init ── job
#pragma once

#include "sluice/core/config.hpp"
#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/sandbox/run.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sandbox {

struct network_config {
    // What programs of languages with `network: egress` may reach: "192.0.2.0/24:443",
    // "[2001:db8::1]:443"; TCP. Empty: such languages are unavailable.
    std::vector<std::string> egress;
};
void describe(config_visitor& v, network_config& c);
// What launcher::spawn would refuse in it; empty when nothing.
std::string problem_in(const network_config& c);

struct sandbox_config {
    std::string backend = "native";      // or an OCI runtime: crun, runc, runsc
    std::string runtime_path;            // of that runtime; empty: its usual places
    std::int64_t slots = 0;              // 0: one per processor
    std::string manager_path;            // empty: sluice-slot-manager beside this executable
    std::string cgroup_parent = "auto";  // a folder name below each cgroup mount, or "auto"
    std::int64_t first_uid = 200000;  // host uids [first_uid, first_uid + slots * 2) belong to the
                                      // slots; * 3 with network.egress
    std::vector<std::string>
        read_only_paths;  // host paths visible read-only inside (from the language files)
    std::vector<std::string>
        allow_weak;  // protections this operator does without, by name; default none
    std::int64_t slot_cpu_percent = 0;  // processor time of a slot; 100: one processor, 0: no limit
    std::int64_t runs_per_slot = 10000;  // a slot is replaced after so many runs
    bool has_fork_servers = false;       // slots may be told to keep one (fork.hpp); not a setting
    network_config network;
};
void describe(config_visitor& v, sandbox_config& c);

// What this host can enforce; `missing` is empty when it is safe to run.
struct self_check_report {
    struct item {
        std::string name;  // "cgroup memory controller"
        bool is_ok = false;
        std::string found;   // "v1 at /sys/fs/cgroup/memory"
        std::string advice;  // what to do when it is missing
    };
    std::vector<item> items;
    bool is_safe = false;
    std::string to_text() const;  // for ./dev doctor and the log
};
self_check_report self_check(const sandbox_config& config);

class slot;
struct fork_spec;

class launcher {
public:
    // Spawns the launcher process (posix_spawn). Fails with sandbox_errc::unsafe_host and the
    // self-check's text when the host cannot enforce the invariants and allow_weak does not name
    // what is missing.
    static result<std::unique_ptr<launcher>> spawn(sandbox_config config);
    ~launcher();  // ends every slot manager and job, removes cgroups

    std::size_t slot_count() const;
    // Attaches to the loop and opens all slots. Call once, after threads may exist.
    awaitable<result<void>> open(asio::any_io_executor executor);
    slot& at(std::size_t index);
    // Ends everything in order; afterwards nothing of any run is left on the host.
    awaitable<void> close();

private:
    launcher();
    struct impl;
    std::unique_ptr<impl> impl_;
};

// One sandbox at a time. Not for concurrent use: the caller hands out slots.
class slot {
public:
    virtual ~slot() = default;
    // Builds (or takes a prepared) sandbox, runs, cleans up. Cancelling the awaiting coroutine
    // kills the run and waits for its end. A dead manager gives sandbox_errc::slot_died and is
    // replaced before the next run.
    virtual awaitable<result<run_facts>> run(run_request request) = 0;
    // Every later sandbox of this slot has this runtime waiting; nullptr: none has. Not during a
    // run. Telling it again what it does already costs nothing.
    virtual void keep_warm(std::shared_ptr<const warm_spec> spec) = 0;
    // From now on the slot has a fork server of this kind; nullptr: none. As above. Nothing where
    // there can be none: without root's two ids, without cgroups, in an OCI runtime, with a
    // network.
    virtual void serve_forks(std::shared_ptr<const fork_spec> spec) = 0;
    // Kills the current run's whole process tree; its run() then returns was_killed_by_request.
    // No-op when idle.
    virtual void kill() = 0;
    // For an interactive run; without one, nothing happens. None of them waits.
    virtual void send_input(std::string_view bytes) = 0;
    virtual void end_input() = 0;
    virtual void send_signal(int number) = 0;  // to the program's process group
    virtual void resize(int cols, int rows) = 0;
};

}  // namespace sluice::sandbox
