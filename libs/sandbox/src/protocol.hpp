// The messages between service, launcher, slot manager and init: fixed-size structs over
// SOCK_SEQPACKET, descriptors by SCM_RIGHTS. Every receiver checks size, magic and ranges before it
// uses a field. Both sides are built from one tree, so there is no version beside the magic number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace sluice::sandbox::protocol {

inline constexpr std::uint32_t magic = 0x31554c53;  // "SLU1"

// Bounds. A seqpacket message must fit the default socket buffer (208 KiB).
inline constexpr std::size_t max_command_bytes = 120 << 10;
inline constexpr std::size_t max_arguments = 4096;  // of argv, and as many of the environment
inline constexpr std::size_t max_packs = 32;
inline constexpr std::size_t max_fds = max_packs + 4;
inline constexpr std::size_t max_slots = 1024;
inline constexpr std::size_t max_read_only_paths = 256;
inline constexpr std::size_t max_path_bytes = 32 << 10;
inline constexpr std::size_t max_parent_name = 64;
inline constexpr unsigned min_cpu_percent = 10;  // the kernel's shortest quota is 1 ms
inline constexpr unsigned max_cpu_percent = 100'000;

// Descriptor numbers that the launcher hands to a slot manager across exec.
inline constexpr int slot_socket_fd = 3;
// Where a warm runtime finds its way to init.
inline constexpr int warm_control_fd = 3;
inline constexpr int first_cgroup_fd = 10;
inline constexpr int cgroup_fd_count = 8;
// With network::egress only: the way to the relay, and the rules as bytes.
inline constexpr int relay_fd = first_cgroup_fd + cgroup_fd_count;
inline constexpr int egress_rules_fd = relay_fd + 1;

// The uids inside a slot. Init and the manager run as another uid than the program (they are
// non-dumpable too), so the program can neither signal nor inspect them.
inline constexpr unsigned init_uid = 0;    // host: first_uid + 2 * slot
inline constexpr unsigned job_uid = 1000;  // host: first_uid + 2 * slot + 1

// What a program may reach. A slot serves one kind at a time, because its filter cannot be
// loosened.
enum class network : std::uint32_t {
    none = 0,
    loopback = 1,  // a network namespace of the run's own, with nothing but lo
    egress = 2,    // the same, and what the egress rules permit, through a relay
};

// How a program is connected while it runs.
enum class interaction : std::uint32_t {
    none = 0,
    pipes = 1,     // stdin is a pipe, signals come while it runs
    terminal = 2,  // all three are a pseudo-terminal of the run's own
};

// TCP to an address range and a port. All of `address` beyond `bits` is zero.
struct egress_rule {
    std::uint8_t address[16] = {};  // the first four for IPv4
    std::uint16_t port = 0;
    std::uint8_t is_v6 = 0;
    std::uint8_t bits = 0;
};
inline constexpr std::size_t max_egress_rules = 64;
inline constexpr std::size_t max_egress_ports = 16;  // different ones

// ---- service → launcher
// ------------------------------------------------------------------------------

// First message; followed by `path_bytes` of read-only host paths, each ended by NUL.
struct launcher_config {
    std::uint32_t message_magic = magic;
    std::uint32_t slots = 0;
    std::uint32_t first_uid = 0;
    std::uint32_t path_count = 0;
    std::uint32_t path_bytes = 0;
    std::uint32_t cpu_percent = 0;         // of one processor, for each slot; 0: no limit
    std::uint32_t may_use_single_uid = 0;  // every item of weak_points.hpp is in allow_weak
    std::uint32_t may_run_without_cgroups = 0;
    std::uint32_t has_fork_servers = 0;  // slots may be told to keep one
    char cgroup_parent[max_parent_name] = {};
    std::uint32_t egress_count = 0;
    egress_rule egress[max_egress_rules] = {};
};

enum class launcher_verb : std::uint32_t { open_slot = 1 };
struct launcher_request {
    std::uint32_t message_magic = magic;
    launcher_verb verb = launcher_verb::open_slot;
    std::uint32_t slot = 0;
    std::uint32_t serial = 0;  // never 0; comes back with the answer
    network reach = network::none;
};

// With one descriptor (the slot's socket) when step is none.
struct launcher_reply {
    std::uint32_t message_magic = magic;
    std::uint32_t slot = 0;
    std::uint32_t serial = 0;  // 0: a new launcher says that what was asked before it is lost
    std::uint32_t step = 0;
    std::int32_t error_number = 0;
};

// ---- service → slot manager (→ init)
// -----------------------------------------------------------------

// `prepare` has the form of a run: a runtime that every later sandbox of the slot starts ahead of
// its command (warm.hpp). `forget`, a head alone, ends that. `serve_forks` is the command of a fork
// server with its library as the one pack (fork_server.hpp); `forget_forks`, a head alone, ends it.
// None of these is answered.
enum class slot_verb : std::uint32_t {
    run = 1,
    kill = 2,
    prepare = 3,
    forget = 4,
    serve_forks = 5,
    forget_forks = 6,
};

// `run` is followed by `command_bytes`: argc arguments, envc variables, the collect folder, each
// ended by NUL. Descriptors: stdin when has_stdin, then pack_count packs; the collect memfd last
// when has_collect, or the interaction socket when there is an interaction.
struct slot_request {
    std::uint32_t message_magic = magic;
    slot_verb verb = slot_verb::run;
    std::int64_t cpu_us = 0;
    std::int64_t wall_us = 0;
    std::int64_t memory_bytes = 0;
    std::int64_t processes = 0;
    std::int64_t file_bytes = 0;
    std::int64_t disk_bytes = 0;
    std::int64_t inodes = 0;
    std::int64_t open_files = 0;
    std::int64_t stack_bytes = 0;
    std::int64_t collect_max_bytes = 0;
    std::int64_t collect_max_files = 0;
    std::uint32_t argc = 0;
    std::uint32_t envc = 0;
    std::uint32_t command_bytes = 0;
    std::uint32_t pack_count = 0;
    std::uint32_t has_stdin = 0;
    std::uint32_t has_collect = 0;
    network reach = network::none;
    // Of `prepare`: without a request for that long the runtime is started; 0: at once.
    std::uint32_t warm_quiet_ms = 0;
    std::uint64_t warm_key = 0;  // which prepared runtime the run can use; 0: none
    interaction how = interaction::none;
    std::uint32_t is_crowded = 0;  // as many runs as processors: none is left for the helpers alone
    std::uint64_t fork_key = 0;    // which fork server may make the program; 0: none
    std::uint32_t fork_runs = 0;   // of `serve_forks`: a server is replaced after so many
    // From the manager to init: descriptors at the end of the message, the way to the fork server
    // and, on cgroup v2, the run's folder. From the service always 0.
    std::uint32_t fork_fds = 0;
};

// ---- slot manager → service
// --------------------------------------------------------------------------

enum class slot_event : std::uint32_t {
    ready = 1,  // once, when the slot is set up
    finished,
    failed,  // step and error_number say why; the next run may still succeed
};

// Every reply has two descriptors, the read ends of stdout and stderr of the next run; without them
// the slot is at its end.
struct slot_reply {
    std::uint32_t message_magic = magic;
    slot_event event = slot_event::ready;
    std::uint32_t step = 0;
    std::int32_t error_number = 0;
    std::int32_t wait_status = 0;  // of the main process, as waitpid gives it
    std::uint32_t collect_errno = 0;
    std::uint8_t has_artefacts = 0;
    std::uint8_t wall_exceeded = 0;
    std::uint8_t cpu_exceeded = 0;
    std::uint8_t memory_exceeded = 0;
    std::uint8_t processes_exceeded = 0;
    std::uint8_t killed_by_request = 0;
    std::uint8_t padding[2] = {};
    std::int64_t cpu_us = 0;
    std::int64_t wall_us = 0;
    std::int64_t memory_peak_bytes = 0;
};

// ---- init → slot manager
// -----------------------------------------------------------------------------

enum class init_event_kind : std::uint32_t {
    ended = 1,  // the program and every process of the run are dead
    collected,  // error_number 0, or why not
    failed,     // the program was not started, or is over
    waits,      // the program's process, made ahead, waits for the command: its sender
};

struct init_event {
    std::uint32_t message_magic = magic;
    init_event_kind kind = init_event_kind::failed;
    std::uint32_t step = 0;
    std::int32_t error_number = 0;
    std::int32_t wait_status = 0;
    std::uint32_t fork_failed = 0;  // the program was to be had from no fork server
    std::int64_t wall_us = 0;
    std::int64_t max_rss_bytes = 0;  // of the largest process that was reaped
    std::int64_t own_cpu_us = 0;     // of init itself: not the program's
};

// ---- service ⇄ init, over the interaction socket
// -----------------------------------------------------

struct interaction_order {
    std::uint32_t message_magic = magic;
    std::uint32_t signal = 0;  // for the program's process group
};

// With one descriptor, the terminal's master.
struct terminal_made {
    std::uint32_t message_magic = magic;
    std::uint32_t padding = 0;
};

static_assert(std::is_trivially_copyable_v<interaction_order>);
static_assert(std::is_trivially_copyable_v<terminal_made>);
static_assert(std::is_trivially_copyable_v<launcher_config>);
static_assert(std::is_trivially_copyable_v<slot_request>);
static_assert(std::is_trivially_copyable_v<slot_reply>);
static_assert(std::is_trivially_copyable_v<init_event>);

}  // namespace sluice::sandbox::protocol
