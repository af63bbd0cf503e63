// Everything that is kept after a submission's end, put together in one place for app.cpp: its
// history, and its result as an answer to the next one.
#pragma once

#include "adapters/amqp_results.hpp"
#include "adapters/history_keeper.hpp"
#include "adapters/postgres_history.hpp"
#include "adapters/redis_history.hpp"
#include "config.hpp"

#include "sluice/runtime/gate.hpp"

namespace sluice::submission {

class history_service {
public:
    history_service(
        asio::any_io_executor executor,
        postgres::pool& pool,
        redis::client& redis,
        amqp::publisher& publisher,
        const clock& time,
        const config& c
    );
    history_ports ports();
    cache_ports cache();  // empty when results are no answers
    void change(const history_section& c);
    void spawn(runtime::gate& tasks) { tasks.spawn("history_keeper", keeper_.run()); }
    void stop() { keeper_.stop(); }

private:
    bool full_text_;
    cache_section cache_settings_;
    postgres_history store_;
    redis_live_copies copies_;
    redis_cached_results cached_;
    redis_history_texts texts_;
    amqp_results results_;
    history_keeper keeper_;
};

}  // namespace sluice::submission
