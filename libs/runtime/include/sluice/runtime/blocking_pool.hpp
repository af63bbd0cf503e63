// Threads for calls that block or compute long (hashing, file reads); never the event loop.
#pragma once

#include "sluice/runtime/asio_fwd.hpp"

#include <functional>
#include <memory>
#include <type_traits>

namespace sluice::runtime {

class blocking_pool {
public:
    explicit blocking_pool(std::size_t threads);
    ~blocking_pool();  // waits for what runs

    // Runs `work` on a pool thread and resumes the caller on its own executor. An exception passes
    // through.
    awaitable<void> run(std::function<void()> work);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sluice::runtime
