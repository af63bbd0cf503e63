// One run in one slot: what goes in, what came of it. A failure of the sandbox itself is an error
// (sandbox_errc below), never a fact about the user's program.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/sandbox/file_pack.hpp"
#include "sluice/sandbox/jail_spec.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sandbox {

enum class stream : std::uint8_t { out, err };

struct run_request {
    command what;
    run_limits limits;
    std::vector<std::shared_ptr<const file_pack>>
        files;  // unpacked into /box in this order, before the job exists
    network_reach network = network_reach::none;
    std::string stdin_bytes;              // given as a file; empty: /dev/null
    std::optional<collect_spec> collect;  // only after exit code 0
    std::uint64_t warm_key = 0;           // the runtime that can serve it, if it waits; 0: none
    std::uint64_t fork_key = 0;           // the fork server that may make it; 0: none
    output_policy on_output_limit = output_policy::end_run;
    // With an interaction: stdin_bytes come first, then what slot::send_input gives.
    interaction how = interaction::none;
    // Called as output arrives (whole reads, not lines), at most output_bytes in all for each
    // stream; may be empty.
    std::function<void(stream, std::string_view)> on_output;
    // Called once when the program has been started (exec succeeded or is about to).
    std::function<void()> on_started;
};

// A runtime that a slot starts in every sandbox ahead of the command (libs/sandbox/src/warm.hpp).
// `limits` are those that it waits under, and so the most that a run may have of open files,
// processes, file size and CPU time, the least that it may have of memory, and the stack limit that
// it must have. Any other run starts cold.
struct warm_spec {
    std::uint64_t key = 0;  // not 0
    // A slot that is asked for its next run within this time gets no runtime for it: its start
    // would only be in the way. At most a minute.
    std::chrono::milliseconds quiet_time{20};
    command what;
    run_limits limits;
    std::vector<std::shared_ptr<const file_pack>> files;  // the runtime removes them
};

// Facts, not verdicts: services/execution turns them into a status (domain::classify).
struct run_facts {
    std::optional<int> exit_code;  // exactly one of exit_code and signal is set
    std::optional<int> signal;     // the signal that ended the main process, or that we sent
    bool wall_time_exceeded = false;
    bool cpu_time_exceeded = false;
    bool memory_exceeded = false;  // the kernel killed something of this run for its memory limit
    bool processes_exceeded = false;  // at least one fork or clone was refused by the pids limit
    bool output_exceeded =
        false;  // more than output_bytes on one stream, with output_policy::end_run
    bool file_size_exceeded = false;     // SIGXFSZ ended it
    bool was_killed_by_request = false;  // slot::kill
    std::int64_t cpu_us = 0;             // user + system of the whole tree
    std::int64_t wall_us = 0;            // from exec to the end of the main process
    std::int64_t memory_peak_bytes = 0;
    std::string out, err;  // the first output_bytes of each
    bool out_truncated = false, err_truncated = false;
    // Why nothing was collected although asked for and the exit code was 0: over the bounds, or not
    // regular files.
    std::string collect_refused;
    std::shared_ptr<const file_pack> artefacts;  // when collect was asked and the exit code was 0
};

// Beside errc: what only the sandbox knows.
enum class sandbox_errc {
    setup_failed =
        1,      // a set-up step failed; detail names the step and errno ("mount_box_tmpfs: ENOSPC")
    slot_died,  // the slot manager ended in mid-run; it is being replaced
    unsafe_host,  // the self-check refused
};
const boost::system::error_category& sandbox_category() noexcept;
boost::system::error_code make_error_code(sandbox_errc e) noexcept;

}  // namespace sluice::sandbox

template <>
struct boost::system::is_error_code_enum<sluice::sandbox::sandbox_errc> : std::true_type {};
