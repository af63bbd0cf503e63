// Pure data: what one run may do and use. The caller (services/execution) translates a submission's
// limits into it; the sandbox enforces it. No domain types here.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::sandbox {

// Every field has a hard effect; zero is never "unlimited" and is refused (errc::invalid).
struct run_limits {
    std::chrono::milliseconds cpu_time{1000};  // of the whole process tree
    std::chrono::milliseconds wall_time{5000};
    std::int64_t memory_bytes = 256 << 20;  // cgroup: anonymous, tmpfs, page tables, kernel memory
    std::int64_t processes = 64;            // processes and threads
    std::int64_t file_bytes = 64 << 20;     // RLIMIT_FSIZE: one file
    std::int64_t disk_bytes = 128 << 20;    // tmpfs size of /box (with /tmp and /dev/shm inside)
    std::int64_t inodes = 16384;
    std::int64_t open_files = 256;
    std::int64_t stack_bytes = 64 << 20;
    std::int64_t output_bytes = 64 << 10;  // kept of stdout, and as many of stderr
};

struct command {
    std::vector<std::string>
        argv;  // argv[0] is an absolute path inside the sandbox; no shell, no PATH search
    std::vector<std::string> env;  // "NAME=value", complete: nothing is inherited
};

// What may leave the working folder after a run (compiled artefacts): the regular files below
// `folder`, which is made before the program starts.
struct collect_spec {
    std::string folder;  // relative to /box, no ".." and no leading '/'
    std::int64_t max_bytes = 64 << 20;
    std::int64_t max_files = 512;
};

// What a run may reach. A slot is opened anew when it changes, so that runs without a network pay
// nothing for those with one.
enum class network_reach {
    none,
    loopback,  // TCP and UDP between the run's own processes, in a network namespace of its own
    egress,    // the same, and TCP to what sandbox.network.egress lists
};

// How a program is connected while it runs; what it is told then goes through the slot.
enum class interaction {
    none,
    pipes,     // stdin stays open
    terminal,  // a pseudo-terminal is its stdin, stdout and stderr; its output counts as stdout
};

// What happens when the program writes more than output_bytes.
enum class output_policy {
    end_run,  // kill it; run_facts::output_exceeded is set
    drain,    // keep the first bytes and let it finish; on_output hears the rest too
};

}  // namespace sluice::sandbox
