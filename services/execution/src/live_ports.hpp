// What a running program needs to be watched and steered: where its output goes, and where control
// comes from. Both are best effort: without Redis programs run on, unseen.
#pragma once

#include "output_coalescer.hpp"

#include "sluice/core/error.hpp"
#include "sluice/domain/live.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/runtime/gate.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace sluice::execution {

// Pieces of one submission, and the first number of those that are worth keeping for late comers.
struct output_batch {
    std::vector<domain::output_piece> pieces;
    std::int64_t keep_from = 1;
};

class output_sink {
public:
    virtual ~output_sink() = default;
    virtual awaitable<result<void>> publish(output_batch batch) = 0;
};

// Open as long as it lives. Messages come in order, each once, also those from before it was
// opened.
class control_feed {
public:
    virtual ~control_feed() = default;
    // Once what was there at the beginning has been told, or cannot be read in a moment.
    virtual awaitable<void> caught_up() = 0;
};

class control_source {
public:
    virtual ~control_source() = default;
    using handler = std::function<void(domain::control_message)>;
    virtual std::unique_ptr<control_feed> open(submission_id id, handler on_message) = 0;
    // Until when somebody of the owner watches, as far as is known; the past when nobody does.
    virtual awaitable<result<wall_time>> watched_until(submission_id id) = 0;
};

struct live_settings {
    coalescing output;
    std::size_t kept_bytes = 1 << 20;  // of one submission's output, for those who join late
    std::size_t kept_pieces = 2048;
    std::chrono::milliseconds idle_time{120'000};
    std::chrono::milliseconds disconnect_grace{10'000};
};

struct live_services {
    asio::any_io_executor executor;
    output_sink& output;
    control_source& control;
    runtime::gate& gate;
    live_settings settings;
};

}  // namespace sluice::execution
