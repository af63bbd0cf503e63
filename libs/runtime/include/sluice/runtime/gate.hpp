// Every spawned coroutine goes through a gate: it is counted, its exception is logged, and a drain
// can refuse new ones, wait for the rest, and cancel what outlives its grace. `detached` is banned
// (C5). A gate belongs to one io_context thread; only that thread may call it.
#pragma once

#include "sluice/runtime/asio_fwd.hpp"

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace sluice::runtime {

class gate {
public:
    // `on_exception` hears of each child that ended by an exception (with the child's name).
    using exception_handler = std::function<void(const std::string& name, std::exception_ptr)>;

    gate(asio::any_io_executor executor, exception_handler on_exception);
    ~gate();  // asserts that no child is left
    gate(const gate&) = delete;
    gate& operator=(const gate&) = delete;

    // Starts the coroutine; false when the gate is closed (the coroutine is dropped unstarted).
    bool spawn(std::string name, awaitable<void> child);
    std::size_t count() const;
    bool is_closed() const;

    // Refuses new children, waits up to `grace` for the old ones, then cancels them and waits for
    // their end. Returns how many had to be cancelled.
    awaitable<std::size_t> close(std::chrono::milliseconds grace);

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace sluice::runtime
