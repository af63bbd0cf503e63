// See attempt.hpp.
#include "attempt.hpp"

#include "sluice/core/clock.hpp"

namespace sluice::notification {

awaitable<webhook_answer>
attempt_on(runtime::blocking_pool& pool, std::function<webhook_answer()> once) {
    webhook_answer answer;
    const wall_time at = system_clock().now();
    const steady_time begin = system_clock().steady();
    std::function<void()> work = [&answer, &once] { answer = once(); };
    co_await pool.run(std::move(work));
    answer.at = at;
    answer.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(system_clock().steady() - begin);
    co_return answer;
}

}  // namespace sluice::notification
