// One replica of what quotas and fair turns are made of, over a real Redis and a real PostgreSQL.
#pragma once

#include "adapters/postgres_held.hpp"
#include "adapters/postgres_quotas.hpp"
#include "adapters/redis_flight.hpp"
#include "adapters/redis_meter.hpp"
#include "quotas/admission_keeper.hpp"
#include "quotas/fair_releaser.hpp"
#include "support.hpp"

#include "sluice/messages/topology.hpp"

#include <algorithm>

namespace sluice::submission::testing {

inline sluice::testing::private_server& redis_server() {
    static const auto started = sluice::testing::start_redis();
    return *started;
}

inline redis::config redis_config() {
    redis::config c;
    c.url.value = redis_server().url();
    return c;
}

template <class... Id>
std::vector<submission_id> ids(Id... each) {
    return {each...};
}

template <class... Text>
std::vector<std::string> words(Text... each) {
    return {each...};
}

class taking_queue final : public task_queue {
public:
    awaitable<result<void>> publish(outgoing_task task) override {
        if (is_away) co_return fail(errc::unavailable);
        published.push_back(std::move(task));
        co_return result<void>();
    }
    void announce(const outgoing_task&) override {}
    bool is_connected() const override { return !is_away; }
    bool is_away = false;
    std::vector<outgoing_task> published;
};

class no_workers final : public worker_reader {
public:
    const worker_knowledge& last_known() const override { return known; }
    awaitable<worker_knowledge> fresh() override { co_return known; }
    worker_knowledge known;
};

// One replica of the service's part, with its own connections.
struct quota_world : storage {
    redis::client client{io.get_executor(), "test", redis_config()};
    redis_flight flight{client, system_clock()};
    redis_meter meter{client, system_clock()};
    postgres_quotas quotas{pool};
    postgres_held held{pool};
    taking_queue queue;
    no_workers workers;
    std::int64_t window = 2;
    fair_releaser releaser{
        io.get_executor(),
        redis_config(),
        held,
        flight,
        queue,
        system_clock(),
        [this] { return window; },
        std::chrono::hours(1)};
    queue_level level{
        0,
        observe::metrics::instance().get_gauge("sluice_test_queued", "for a test"),
        observe::metrics::instance().get_gauge("sluice_test_held", "for a test")};
    admission_keeper keeper{
        io.get_executor(),
        held,
        flight,
        workers,
        level,
        system_clock(),
        []() -> awaitable<std::optional<std::int64_t>> { co_return 5; }};
    user_id user = new_user();

    template <class Body>
    void run_both(Body body) {
        run([&]() -> awaitable<void> {
            need(co_await client.connect(deadline::in(std::chrono::seconds(5))));
            co_await body();
            co_await client.close();
        });
    }
    awaitable<flight_verdict>
    begin(std::vector<submission_id> ids, flight_rules rules, std::optional<uuid> key = {}) {
        std::vector<admission_item> items;
        for (const auto& id : ids)
            items.push_back({id, 100});
        quota_subject who{user, key};
        co_return need(co_await flight.begin(std::move(who), std::move(items), rules));
    }
    awaitable<flight_level> level_of(std::optional<uuid> key = {}) {
        quota_subject who{user, key};
        co_return need(co_await flight.level(std::move(who)));
    }
    awaitable<std::int64_t> standing() {
        const auto counts = need(co_await flight.standing(std::vector<user_id>(1, user)));
        co_return counts.front().standing;
    }
    flight_rules rules() const {
        flight_rules r;
        r.window = window;
        return r;
    }
    // Accepted as the service does it: those without a place are held.
    awaitable<std::vector<new_submission>>
    accept(int count, wall_time created = system_clock().now()) {
        std::vector<new_submission> rows;
        for (int i = 0; i < count; ++i) {
            auto row = make_row(user, created + std::chrono::milliseconds(i));
            for (const auto& limit : domain::limit_table)
                row.task.limits.*limit.field = 1'000'000;  // a task that decodes
            row.encoded_task = messages::encode(row.task);
            const auto verdict = co_await begin(ids(row.task.id), rules());
            row.is_held = verdict.released == 0;
            need(co_await store.insert(row));
            rows.push_back(std::move(row));
        }
        co_return rows;
    }
    awaitable<std::size_t> release(bool was_cancelled = false) {
        fair_releaser::wishes wishes{{user, was_cancelled}};
        co_return need(co_await releaser.release(std::move(wishes)));
    }
    awaitable<void> end(submission_id id) {
        std::vector<submission_id> ids{id};
        need(co_await flight.end(user, std::move(ids)));
    }
};

inline submission_id some_id(wall_time at = system_clock().now()) {
    return submission_id(uuid::time_v7(unix_ms(at)));
}

}  // namespace sluice::submission::testing
