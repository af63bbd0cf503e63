// Work on a thread whose failure is an error like another: the disk is full, the server is away.
#pragma once

#include "spool_file.hpp"

#include "sluice/runtime/blocking_pool.hpp"

#include <system_error>

namespace sluice::submission {

inline awaitable<result<void>>
call_blocking(runtime::blocking_pool& pool, std::function<void()> work) {
    std::string trouble;
    try {
        co_await pool.run(std::move(work));
    } catch (const std::system_error& e) {
        trouble = file_message(e);
    }
    if (!trouble.empty()) co_return fail(errc::unavailable, std::move(trouble));
    co_return result<void>();
}

}  // namespace sluice::submission
