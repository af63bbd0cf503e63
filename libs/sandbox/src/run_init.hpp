// One init as its manager holds it, and how it is made and ended. A manager has up to three at a
// time: the one whose run goes on, the next one, which is made meanwhile, and the last one, whose
// namespaces come down.
#pragma once

#include "cgroup.hpp"
#include "fd_message.hpp"
#include "init_source.hpp"
#include "output_pipes.hpp"
#include "protocol.hpp"
#include "run_board.hpp"
#include "small_io.hpp"
#include "step_mounts.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <span>

namespace sluice::sandbox {

struct run_init {
    pid_t pid = -1;
    owned_fd end;      // readable when it is dead; none where an init_source made it
    owned_fd control;  // to it
    run_board* board = nullptr;
    pid_t job = -1;            // the process that waits for its command, once it has said so
    bool has_runtime = false;  // it was told to start one

    bool exists() const { return pid > 0; }
};

// What it says next, into `event` with the descriptors in `message`: its bytes as recvmsg counts
// them.
long receive_event(
    const run_init& init,
    protocol::init_event& event,
    received_message& message,
    int flags = 0
);

class init_maker {
public:
    // `boards` serve in turn, one for each init that can be alive.
    init_maker(
        cgroup_meter& meter,
        std::span<run_board> boards,
        protocol::network reach,
        init_source* source
    )
        : meter_(meter)
        , boards_(boards)
        , reach_(reach)
        , source_(source)
        // Where limits are counted by looking at processes, one that waits would count.
        , makes_jobs_ahead_(source == nullptr && meter.has_cgroup()) {}

    // early_job.hpp. Not where a program may come from a fork server instead, as the same process
    // number.
    bool makes_jobs_ahead() const { return makes_jobs_ahead_; }
    void make_jobs_late() { makes_jobs_ahead_ = false; }

    step_error make(run_init& made, const output_pipes& pipes, box_size box);
    // Ends it and with it every process of its namespace. It still is to be finished.
    void kill(const run_init& killed) const;
    // Waits for its end, which comes by itself when its socket closes, and reaps it. Nothing
    // happens when there is none.
    void finish(run_init& ended);

private:
    rusage await_end(const run_init& init) const;
    step_error clone(run_init& made, int control, const output_pipes& pipes, box_size box);

    cgroup_meter& meter_;
    std::span<run_board> boards_;
    std::size_t next_board_ = 0;
    protocol::network reach_;
    init_source* source_;
    bool makes_jobs_ahead_;
};

}  // namespace sluice::sandbox
