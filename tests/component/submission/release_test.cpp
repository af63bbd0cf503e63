// Held rows in a real PostgreSQL, released in turn and kept equal to what Redis says is in flight.
#include "quota_support.hpp"

namespace sluice::submission::testing {
namespace {

TEST_CASE("what is held is released in order as earlier ones end, never beyond the window") {
    quota_world w;
    w.window = 2;
    w.run_both([&]() -> awaitable<void> {
        const auto rows = co_await w.accept(5);
        CHECK_FALSE(rows[1].is_held);
        CHECK(rows[2].is_held);
        CHECK((co_await w.release()) == 0);
        co_await finish(w.pool, rows[0].task, domain::status::accepted);
        co_await w.end(rows[0].task.id);
        CHECK((co_await w.release()) == 1);
        REQUIRE(w.queue.published.size() == 1);
        CHECK(w.queue.published[0].id == rows[2].task.id);
        CHECK(w.queue.published[0].body == rows[2].encoded_task);
        CHECK((co_await w.standing()) == 2);
        CHECK((co_await w.release()) == 0);
    });
}

TEST_CASE("the outbox does not publish what is held") {
    quota_world w;
    w.window = 1;
    w.run_both([&]() -> awaitable<void> {
        const auto rows = co_await w.accept(3, system_clock().now() - std::chrono::minutes(1));
        auto tx = need(co_await w.outbox.begin());
        const auto claimed =
            need(co_await postgres_outbox::claim_unpublished(tx, system_clock().now(), 1000));
        std::vector<submission_id> mine;
        for (const auto& task : claimed) {
            if (task.owner == w.user) mine.push_back(task.id);
        }
        CHECK(mine == std::vector<submission_id>{rows[0].task.id});
    });
}

TEST_CASE("two replicas that look at the same time do not release more than there is room for") {
    quota_world w;
    w.window = 2;
    fair_releaser other(
        w.io.get_executor(),
        redis_config(),
        w.held,
        w.flight,
        w.queue,
        system_clock(),
        [&w] { return w.window; },
        std::chrono::hours(1)
    );
    w.run_both([&]() -> awaitable<void> {
        const auto rows = co_await w.accept(8);
        co_await finish(w.pool, rows[0].task, domain::status::accepted);
        co_await w.end(rows[0].task.id);
        auto one = [&](fair_releaser& r) -> awaitable<void> {
            fair_releaser::wishes wishes{{w.user, false}};
            need(co_await r.release(std::move(wishes)));
        };
        w.tasks.spawn("first", one(w.releaser));
        w.tasks.spawn("second", one(other));
        co_await w.tasks.close(std::chrono::seconds(10));
        CHECK((co_await w.standing()) == 2);
        CHECK(w.queue.published.size() == 1);
    });
}

TEST_CASE("a broker that takes nothing keeps everything held, and nothing is lost") {
    quota_world w;
    w.window = 1;
    w.run_both([&]() -> awaitable<void> {
        const auto rows = co_await w.accept(2);
        co_await finish(w.pool, rows[0].task, domain::status::accepted);
        co_await w.end(rows[0].task.id);
        w.queue.is_away = true;
        fair_releaser::wishes wishes{{w.user, false}};
        CHECK_FALSE((co_await w.releaser.release(wishes)).has_value());
        w.queue.is_away = false;
        CHECK((co_await w.release()) == 1);
        CHECK(w.queue.published.front().id == rows[1].task.id);
    });
}

TEST_CASE("what was cancelled while it was held needs no place") {
    quota_world w;
    w.window = 1;
    w.run_both([&]() -> awaitable<void> {
        const auto rows = co_await w.accept(3);
        CHECK(need(co_await w.store.request_cancel(w.user, rows[2].task.id, system_clock().now())));
        CHECK((co_await w.release(true)) == 1);
        CHECK(w.queue.published.front().id == rows[2].task.id);
    });
}

TEST_CASE("who waited for most of his time gets all of it again") {
    quota_world w;
    w.window = 1;
    w.run_both([&]() -> awaitable<void> {
        const auto begun = system_clock().now() - std::chrono::minutes(50);
        const auto rows = co_await w.accept(2, begun);
        co_await finish(w.pool, rows[0].task, domain::status::accepted);
        co_await w.end(rows[0].task.id);
        CHECK((co_await w.release()) == 1);
        const auto& released = w.queue.published.front();
        CHECK(released.deadline_at > system_clock().now() + std::chrono::minutes(59));
        const auto task = need(messages::decode_task(released.body));
        CHECK(unix_ms(task.deadline_at) == unix_ms(released.deadline_at));
        CHECK(task.files.front().content == rows[1].task.files.front().content);
    });
}

TEST_CASE("entries whose end was missed, or that were never stored, are taken out") {
    quota_world w;
    w.window = 10;
    w.run_both([&]() -> awaitable<void> {
        const auto old = system_clock().now() - std::chrono::minutes(2);
        const auto rows = co_await w.accept(2, old);
        co_await finish(w.pool, rows[0].task, domain::status::accepted);
        co_await w.begin(ids(some_id(old)), w.rules());  // its service died before the insert
        co_await w.begin(ids(some_id()), w.rules());     // it may be stored in a moment
        CHECK((co_await w.level_of()).user == 4);
        need(co_await w.client.command(words("DEL", std::string(messages::keys::flight_keeper))));
        CHECK(need(co_await w.keeper.compare()) >= 2);
        const auto level = co_await w.level_of();
        CHECK(level.user == 2);
        CHECK(level.user_bytes == 200);
    });
}

TEST_CASE("when Redis has lost its data, all that is in flight is written again") {
    quota_world w;
    w.window = 1;
    w.run_both([&]() -> awaitable<void> {
        const auto rows = co_await w.accept(3);
        need(co_await w.client.command(words("FLUSHDB")));
        CHECK((co_await w.level_of()).user == 0);
        need(co_await w.keeper.restore_if_lost());
        CHECK((co_await w.level_of()).user == 3);
        CHECK((co_await w.standing()) == 1);
        CHECK(need(co_await w.flight.is_known()));
    });
}

TEST_CASE("the keeper shows how much waits") {
    quota_world w;
    w.window = 1;
    w.run_both([&]() -> awaitable<void> {
        co_await w.accept(3);
        co_await w.keeper.look();
        CHECK(w.level.waiting() >= 7);
        CHECK(w.level.held() >= 2);
    });
}

}  // namespace
}  // namespace sluice::submission::testing
