// What is in flight and how many requests came, by the scripts in a real Redis; overrides, usage
// and held rows in a real PostgreSQL; and the releaser between the two.
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
namespace {

sluice::testing::private_server& redis_server() {
    static const auto started = sluice::testing::start_redis();
    return *started;
}

redis::config redis_config() {
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

submission_id some_id(wall_time at = system_clock().now()) {
    return submission_id(uuid::time_v7(unix_ms(at)));
}

TEST_CASE("no more are in flight than the limit says, and all of a batch or none") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        auto rules = w.rules();
        rules.user.submissions_in_flight = 3;
        const auto first = some_id();
        CHECK_FALSE((co_await w.begin(ids(first, some_id()), rules)).exceeded);
        const auto no = co_await w.begin(ids(some_id(), some_id()), rules);
        REQUIRE(no.exceeded);
        CHECK(no.exceeded->what == quota::in_flight);
        CHECK(no.exceeded->used == 2);
        CHECK(no.exceeded->left() == 1);
        CHECK((co_await w.level_of()).user == 2);
        co_await w.end(first);
        CHECK_FALSE((co_await w.begin(ids(some_id(), some_id()), rules)).exceeded);
    });
}

TEST_CASE("an API key has a limit of its own within its user's") {
    quota_world w;
    const uuid key = uuid::random_v4();
    w.run_both([&]() -> awaitable<void> {
        auto rules = w.rules();
        rules.key.submissions_in_flight = 1;
        const auto id = some_id();
        CHECK_FALSE((co_await w.begin(ids(id), rules, key)).exceeded);
        const auto no = co_await w.begin(ids(some_id()), rules, key);
        REQUIRE(no.exceeded);
        CHECK(no.exceeded->is_of_key);
        CHECK_FALSE((co_await w.begin(ids(some_id()), rules)).exceeded);
        co_await w.end(id);
        CHECK_FALSE((co_await w.begin(ids(some_id()), rules, key)).exceeded);
        const auto level = co_await w.level_of(key);
        CHECK(level.user == 2);
        CHECK(level.key == 1);
        CHECK(level.key_bytes == 100);
    });
}

TEST_CASE("what is in flight counts as stored beside what is kept") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        auto rules = w.rules();
        rules.user.stored_bytes = 1000;
        rules.stored_of_user = 800;
        const auto id = some_id();
        CHECK_FALSE((co_await w.begin(ids(id), rules)).exceeded);
        const auto no = co_await w.begin(ids(some_id(), some_id()), rules);
        REQUIRE(no.exceeded);
        CHECK(no.exceeded->what == quota::stored);
        CHECK(no.exceeded->used == 900);
        co_await w.end(id);
        CHECK((co_await w.level_of()).user_bytes == 0);
    });
}

TEST_CASE("ending twice, or what never began, changes no sum") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        const auto id = some_id();
        co_await w.begin(ids(id, some_id()), w.rules());
        co_await w.end(id);
        co_await w.end(id);
        co_await w.end(some_id());
        const auto level = co_await w.level_of();
        CHECK(level.user == 1);
        CHECK(level.user_bytes == 100);
    });
}

TEST_CASE("a place in the window goes to the first, and nobody overtakes what waits") {
    quota_world w;
    w.window = 2;
    w.run_both([&]() -> awaitable<void> {
        const auto first = some_id();
        CHECK((co_await w.begin(ids(first), w.rules())).released == 1);
        CHECK((co_await w.begin(ids(some_id(), some_id(), some_id()), w.rules())).released == 1);
        co_await w.end(first);
        // There is a place, but two are waiting for it.
        CHECK((co_await w.begin(ids(some_id()), w.rules())).released == 0);
    });
}

TEST_CASE("requests are let through by the rate, for all together") {
    quota_world w;
    redis_meter other(w.client, system_clock());
    w.run_both([&]() -> awaitable<void> {
        std::vector<request_meter::account> one{{"user:" + w.user, 2}};
        CHECK((co_await w.meter.take(one, 1)).front().is_allowed);
        CHECK((co_await other.take(one, 1)).front().is_allowed);
        const auto no = co_await w.meter.take(one, 1);
        // A slow machine may have earned a token meanwhile, not two.
        const auto again = co_await other.take(one, 1);
        CHECK_FALSE((no.front().is_allowed && again.front().is_allowed));
        CHECK(again.front().until_next.count() <= 500);
    });
}

TEST_CASE("a request that one bucket refuses takes nothing from the other") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        std::vector<request_meter::account> both{{"user:" + w.user, 1000}, {"key:" + w.user, 1}};
        static_cast<void>(co_await w.meter.take(both, 1));
        const auto levels = co_await w.meter.take(both, 1);
        CHECK_FALSE(levels[1].is_allowed);
        CHECK(levels[0].left >= 999);
    });
}

TEST_CASE("while Redis is away this process counts by itself") {
    quota_world w;
    w.run([&]() -> awaitable<void> {  // the client is never connected
        std::vector<request_meter::account> one{{"user:" + w.user, 1}};
        CHECK((co_await w.meter.take(one, 1)).front().is_allowed);
        CHECK_FALSE((co_await w.meter.take(one, 1)).front().is_allowed);
        co_await w.client.close();
    });
}

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

TEST_CASE("overrides are replaced whole, with their audit") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        audit_entry entry;
        entry.at = system_clock().now();
        entry.actor = "root";
        entry.action = "set";
        entry.target = "user/" + w.user;
        entry.outcome = "applied";
        std::vector<audit_entry> audit{entry};
        quota_overrides some{{quota::in_flight, 5}, {quota::stored, 0}};
        need(co_await w.quotas.replace(w.user, some, audit));
        quota_subject who{w.user};
        CHECK(need(co_await w.quotas.read(who, "2026-01-01")).overrides == some);
        quota_overrides other{{quota::cpu, 7}};
        need(co_await w.quotas.replace(w.user, other, audit));
        CHECK(need(co_await w.quotas.read(who, "2026-01-01")).overrides == other);
        const auto noted = co_await w.number(
            "select count(*) as n from admin_audit where target = 'user/" + w.user + "'"
        );
        CHECK(noted == 2);
    });
}

TEST_CASE("used is what ended today, kept is what was not deleted, each key by itself") {
    quota_world w;
    const uuid key = uuid::random_v4();
    w.run_both([&]() -> awaitable<void> {
        const std::string values =
            "insert into usage_days values "
            "('" +
            w.user +
            "', '00000000-0000-0000-0000-000000000000', '2026-01-01', 5, 100),"
            "('" +
            w.user + "', '" + key.to_string() +
            "', '2026-01-01', 7, 1000),"
            "('" +
            w.user + "', '" + key.to_string() + "', '2026-01-02', 11, 10000)";
        need(co_await w.pool.query(values));
        auto tx = need(co_await w.pool.begin());
        need(co_await note_deleted(tx, w.user, key, 500));
        need(co_await note_deleted(tx, w.user, std::nullopt, 1));
        need(co_await tx.commit());
        quota_subject who{w.user, key};
        const auto facts = need(co_await w.quotas.read(who, "2026-01-01"));
        CHECK(facts.user.cpu_us_today == 12);
        CHECK(facts.user.stored_bytes == 11100 - 501);
        CHECK(facts.key.cpu_us_today == 7);
        CHECK(facts.key.stored_bytes == 11000 - 500);
    });
}

}  // namespace
}  // namespace sluice::submission::testing
