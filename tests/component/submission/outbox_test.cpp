// The sweeper against a real PostgreSQL, with a queue that the test controls. These cases own every
// row of the table while they run, because the outbox belongs to nobody in particular.
#include "adapters/outbox_sweeper.hpp"
#include "adapters/published_marker.hpp"
#include "support.hpp"

#include "sluice/runtime/event.hpp"

#include <algorithm>

namespace sluice::submission::testing {
namespace {

class recording_queue final : public task_queue {
public:
    explicit recording_queue(asio::any_io_executor executor) : open(executor) { open.set(); }
    awaitable<result<void>> publish(outgoing_task task) override {
        const auto waited = co_await open.wait();
        if (!waited) co_return waited.error();
        if (is_away) co_return fail(errc::unavailable);
        ids.push_back(task.id);
        bodies.push_back(task.body);
        co_return result<void>();
    }
    void announce(const outgoing_task&) override {}
    bool is_connected() const override { return !is_away; }

    runtime::event open;  // reset: confirms are held back
    bool is_away = false;
    std::vector<submission_id> ids;
    std::vector<std::string> bodies;
};

observe::gauge gauge() {
    return observe::metrics::instance().get_gauge("sluice_test_pending", "for a test");
}

// One replica.
struct replica {
    replica(storage& s, sweep_settings settings)
        : queue(s.io.get_executor())
        , level(1000, gauge())
        , sweeper(s.io.get_executor(), s.outbox, queue, level, system_clock(), settings) {}
    recording_queue queue;
    outbox_level level;
    outbox_sweeper sweeper;
};

wall_time old() {
    return system_clock().now() - std::chrono::minutes(1);
}

awaitable<void> clear(storage& s) {
    need(co_await s.pool.query("delete from submissions"));
    need(co_await s.pool.query("delete from results"));
}

awaitable<std::vector<new_submission>> insert_old(storage& s, int count) {
    std::vector<new_submission> rows;
    for (int i = 0; i < count; ++i) {
        rows.push_back(make_row("sweep", old() + std::chrono::milliseconds(i)));
        need(co_await s.store.insert(rows.back()));
    }
    co_return rows;
}

constexpr const char* unpublished =
    "select count(*) as n from submissions where published_at is null";

}  // namespace

TEST_CASE("what was left unpublished is published oldest first, byte for byte, and marked") {
    storage s;
    replica r(s, sweep_settings{});
    s.run([&]() -> awaitable<void> {
        co_await clear(s);
        const auto rows = co_await insert_old(s, 3);
        CHECK(need(co_await r.sweeper.sweep_unpublished(s.tasks)) == 3);
        REQUIRE(r.queue.ids.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(r.queue.ids[i] == rows[i].task.id);
            CHECK(r.queue.bodies[i] == rows[i].encoded_task);
        }
        CHECK(co_await s.number(unpublished) == 0);
        CHECK(need(co_await r.sweeper.sweep_unpublished(s.tasks)) == 0);
    });
}

TEST_CASE("a row that may still be on its normal way is left alone") {
    storage s;
    replica r(s, sweep_settings{});
    s.run([&]() -> awaitable<void> {
        co_await clear(s);
        need(co_await s.store.insert(make_row("sweep")));
        CHECK(need(co_await r.sweeper.sweep_unpublished(s.tasks)) == 0);
        CHECK(r.queue.ids.empty());
    });
}

TEST_CASE("two sweepers at the same time share the rows and publish none twice") {
    storage s;
    sweep_settings few;
    few.batch = 5;
    replica one(s, few);
    replica two(s, few);
    std::int64_t first = 0;
    const auto sweep_one = [&]() -> awaitable<void> {
        first = need(co_await one.sweeper.sweep_unpublished(s.tasks));
    };
    s.run([&]() -> awaitable<void> {
        co_await clear(s);
        co_await insert_old(s, 10);
        runtime::gate beside(s.io.get_executor(), rethrow);
        one.queue.open.reset();  // the first holds its claim while the second sweeps
        beside.spawn("first", sweep_one());
        co_await s.number("select pg_sleep(0.1) is null, 0 as n");
        CHECK(need(co_await two.sweeper.sweep_unpublished(s.tasks)) == 5);
        one.queue.open.set();
        co_await beside.close(std::chrono::seconds(5));
        CHECK(first == 5);
        std::vector<submission_id> all = one.queue.ids;
        all.insert(all.end(), two.queue.ids.begin(), two.queue.ids.end());
        std::sort(all.begin(), all.end());
        CHECK(std::unique(all.begin(), all.end()) == all.end());
        CHECK(all.size() == 10);
        CHECK(co_await s.number(unpublished) == 0);
    });
}

TEST_CASE("rows that the broker did not take stay in the outbox") {
    storage s;
    replica r(s, sweep_settings{});
    s.run([&]() -> awaitable<void> {
        co_await clear(s);
        co_await insert_old(s, 2);
        r.queue.is_away = true;
        const auto swept = co_await r.sweeper.sweep_unpublished(s.tasks);
        CHECK(swept.has_error());
        CHECK(co_await s.number(unpublished) == 2);
        need(co_await r.sweeper.recount());
        CHECK(r.level.pending() == 2);
    });
}

TEST_CASE("the running sweeper drains the outbox as soon as the broker is back") {
    storage s;
    sweep_settings slow;
    slow.interval = std::chrono::hours(1);
    replica r(s, slow);
    s.run([&]() -> awaitable<void> {
        co_await clear(s);
        co_await insert_old(s, 3);
        r.queue.is_away = true;
        runtime::gate beside(s.io.get_executor(), rethrow);
        beside.spawn("sweeper", r.sweeper.run(s.tasks));
        co_await s.number("select pg_sleep(0.1) is null, 0 as n");
        CHECK(r.queue.ids.empty());
        r.queue.is_away = false;
        for (int i = 0; i < 100 && co_await s.number(unpublished) > 0; ++i) {
            co_await s.number("select pg_sleep(0.05) is null, 0 as n");
        }
        CHECK(r.queue.ids.size() == 3);
        r.sweeper.stop();
        CHECK(co_await beside.close(std::chrono::seconds(5)) == 0);
    });
}

TEST_CASE("a task without a result long after its publish is published again, a few times at most"
) {
    storage s;
    sweep_settings settings;
    settings.requeue_after = std::chrono::minutes(10);
    replica r(s, settings);
    s.run([&]() -> awaitable<void> {
        co_await clear(s);
        const auto long_ago = system_clock().now() - std::chrono::minutes(20);
        const auto lost = make_row("sweep", long_ago);
        const auto ended = make_row("sweep", long_ago);
        const auto tried = make_row("sweep", long_ago);
        auto overdue = make_row("sweep", long_ago);
        overdue.task.deadline_at = system_clock().now() - std::chrono::minutes(1);
        const std::vector<const new_submission*> rows{&lost, &ended, &tried, &overdue};
        for (const auto* row : rows) {
            need(co_await s.store.insert(*row));
            std::vector<submission_id> ids(1, row->task.id);
            const int marks = row == &tried ? 3 : 1;
            for (int i = 0; i < marks; ++i)
                need(co_await s.outbox.mark_published(ids, long_ago));
        }
        co_await finish(s.pool, ended.task, domain::status::accepted);
        CHECK(need(co_await r.sweeper.sweep_overdue(s.tasks)) == 1);
        CHECK(r.queue.ids == std::vector{lost.task.id});
        CHECK(need(co_await r.sweeper.sweep_overdue(s.tasks)) == 0);
    });
}

TEST_CASE("published marks are written together, also those that wait when it stops") {
    storage s;
    published_marker marker(s.io.get_executor(), s.outbox, system_clock());
    s.run([&]() -> awaitable<void> {
        co_await clear(s);
        const auto rows = co_await insert_old(s, 5);
        runtime::gate beside(s.io.get_executor(), rethrow);
        beside.spawn("marker", marker.run());
        for (const auto& row : rows)
            marker.published(row.task.id);
        marker.stop();
        CHECK(co_await beside.close(std::chrono::seconds(5)) == 0);
        CHECK(co_await s.number(unpublished) == 0);
        CHECK(co_await s.number("select max(publish_count) as n from submissions") == 1);
    });
}

}  // namespace sluice::submission::testing
