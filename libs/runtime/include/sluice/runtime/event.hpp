// A flag that coroutines of one io_context can wait for. Single-threaded, like everything on a
// loop.
#pragma once

#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <boost/asio/steady_timer.hpp>

namespace sluice::runtime {

class event {
public:
    explicit event(asio::any_io_executor executor);

    void set();  // wakes every waiter; stays set
    void reset();
    bool is_set() const { return set_; }

    // Success once set; errc::timeout after `until`; errc::cancelled when the waiter is cancelled.
    awaitable<result<void>> wait(deadline until = deadline::never());

private:
    asio::steady_timer timer_;  // never expires by itself; cancelled to wake
    bool set_ = false;
};

}  // namespace sluice::runtime
