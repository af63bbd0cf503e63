// A fork server: an interpreter that was started before its programs came, and of which every run
// gets a process (the library in ../fork says how). It sits beside the manager, in namespaces that
// no run shares, has seen nothing of any user, and is replaced after a number of runs. It holds
// capabilities in the slot's user namespace, which it needs to put a process into a run's
// namespaces, and no filter; so a keeper starts it, a process of the manager's own image from
// before the manager gave these up. Whatever goes wrong with it, the run starts cold.
#pragma once

#include "cgroup.hpp"
#include "fd_message.hpp"
#include "protocol.hpp"
#include "small_io.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace sluice::sandbox {

class fork_server {
public:
    // Once, while the manager has its rights. `reach` is the slot's.
    step_error start_keeper(protocol::network reach);
    // From now on there is a server of this order, a checked `serve_forks` with its library.
    // Nothing without a keeper.
    void set(std::span<const std::byte> message, received_message& fds);
    void clear();

    // A thread's stack is as large as the stack limit was when libc started; and for a moment there
    // is one more process than the program.
    bool serves(const protocol::slot_request& request) const;
    // There should be one, and is none.
    bool is_missing() const;
    // Where its orders go; waits for a server that is being started. -1: none is to be had.
    int orders();
    // What its run came to. True when a new one is due.
    bool note_run(bool has_failed);
    // A new one, in the place of the one before. Not during a run.
    void start();
    slot_helpers helpers() const { return helpers_; }

private:
    void end();

    owned_fd keeper_;  // the way to it
    owned_fd orders_;
    std::vector<std::byte> message_;
    owned_fd library_;
    protocol::slot_request order_;
    slot_helpers helpers_;
    std::uint32_t runs_ = 0;
    unsigned failures_ = 0;  // in a row
    bool is_ready_ = false;
};

}  // namespace sluice::sandbox
