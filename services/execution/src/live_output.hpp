// One run's output on its way to those who watch: the coroutine around output_coalescer. It exists
// from the first byte on, and ends with the run.
#pragma once

#include "live_ports.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/observe/context.hpp"
#include "sluice/runtime/event.hpp"

#include <deque>

namespace sluice::execution {

struct output_identity {
    submission_id id;
    sluice::correlation_id correlation_id;
    std::int64_t attempt = 1;
};

class live_output : public std::enable_shared_from_this<live_output> {
public:
    live_output(live_services& services, const clock& time, output_identity who);

    void add(domain::output_stream from, std::string_view bytes);
    // The program has ended: what waits goes out, if anything went before, and is confirmed within
    // a moment.
    awaitable<void> finish();
    // Nothing more goes out.
    void stop();

private:
    awaitable<void> run(std::shared_ptr<live_output> self);
    awaitable<void> publish(bool is_last);
    std::int64_t keep_from(const std::vector<domain::output_piece>& pieces);

    live_services& services_;
    const clock& time_;
    output_identity who_;
    output_coalescer coalescer_;
    runtime::event woken_, ended_;
    bool is_running_ = false;
    bool is_over_ = false;
    bool is_dropped_ = false;
    std::deque<std::pair<std::int64_t, std::size_t>> kept_;  // seq, bytes
    std::size_t kept_bytes_ = 0;
};

}  // namespace sluice::execution
