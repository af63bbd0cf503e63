// The manager's side of warm runtimes: the last `prepare` of the service, sent on to every new
// init, and whether the runtime that it makes may serve a run.
#pragma once

#include "fd_message.hpp"
#include "protocol.hpp"
#include "small_io.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace sluice::sandbox {

class warm_order {
public:
    struct budget {
        std::int64_t memory_bytes, processes;
    };
    // A checked `prepare` with its packs.
    void set(std::span<const std::byte> message, received_message& fds);
    void clear() { *this = {}; }
    bool is_set() const { return !message_.empty(); }
    int quiet_ms() const { return static_cast<int>(order_.warm_quiet_ms); }
    bool send(int init) const;
    // A hard limit cannot be raised again; libc reads the stack limit when a process starts, for
    // its threads' stacks; and a cgroup cannot be limited to less than is already used.
    bool serves(const protocol::slot_request& request) const;
    // What the cgroup allows it while it waits: the last run's limits where the runtime fits into
    // them, so that most often nothing has to be written anew for the next run.
    budget waiting_budget() const;
    void note_run(const protocol::slot_request& request) {
        last_run_ = {request.memory_bytes, request.processes};
    }

private:
    std::vector<std::byte> message_;
    std::vector<owned_fd> packs_;
    protocol::slot_request order_;
    budget last_run_{0, 0};
};

}  // namespace sluice::sandbox
