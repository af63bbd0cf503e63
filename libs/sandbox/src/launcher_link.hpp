// The service's end of the launcher's socket: asks for slots, hands their sockets to who waits.
#pragma once

#include "protocol.hpp"

#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/runtime/unique_fd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>

namespace sluice::sandbox {

class launcher_link {
public:
    launcher_link(asio::any_io_executor executor, int socket);

    // Ends the slot's manager, if any, and starts a new one. Not cancellable; bounded by its own
    // deadline.
    awaitable<result<unique_fd>> open_slot(unsigned slot, protocol::network reach);
    // Runs that are going on in all its slots.
    unsigned& runs_in_hand() { return runs_in_hand_; }
    // Tells the launcher to end everything; ended() then returns when it has, with its spare.
    void hang_up();
    awaitable<void> ended();
    // The same, blocking; for a destructor.
    void wait_ended();

private:
    struct waiting {
        explicit waiting(asio::any_io_executor executor) : timer(std::move(executor)) {}
        asio::steady_timer timer;
        unsigned slot = 0;
        protocol::network reach = protocol::network::none;
        std::uint32_t serial = 0;
        bool is_answered = false;
        result<unique_fd> answer = fail(errc::timeout, "the launcher did not answer");
    };
    struct state;
    static void listen(std::shared_ptr<state> self);

    std::shared_ptr<state> state_;
    unsigned runs_in_hand_ = 0;
};

}  // namespace sluice::sandbox
