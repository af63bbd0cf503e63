// Ends submissions whose deadline passed without a result. Theory of operation: a result may still
// wait in the queue when its submission is overdue (this service was away for long), so nothing is
// swept while the queue is not empty or its depth is not known. The first look goes back as far as
// the lookback; later ones only over what became overdue since, because nothing is ever accepted
// with a deadline in the past. Several replicas may sweep the same row: the first one's result
// wins.
#pragma once

#include "config.hpp"
#include "ports.hpp"

#include "sluice/runtime/event.hpp"

#include <functional>

namespace sluice::notification {

class overdue_sweeper {
public:
    // Messages that wait in the result queue.
    using depth_fn = std::function<awaitable<result<std::uint32_t>>()>;

    overdue_sweeper(ports& p, sweeper_config settings, depth_fn queue_depth, runtime::event& stop)
        : ports_(p), settings_(settings), queue_depth_(std::move(queue_depth)), stop_(stop) {}
    void change(sweeper_config settings) { settings_ = settings; }

    awaitable<void> run();           // until `stop`
    awaitable<std::size_t> sweep();  // once; how many were ended

private:
    ports& ports_;
    sweeper_config settings_;
    depth_fn queue_depth_;
    runtime::event& stop_;
    std::optional<wall_time> swept_until_;
};

}  // namespace sluice::notification
