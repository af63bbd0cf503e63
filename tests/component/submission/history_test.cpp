// History on a real PostgreSQL: partitions, retention, usage, deletion, filters, words.
#include "adapters/history_keeper.hpp"
#include "support.hpp"

#include <set>

namespace sluice::submission::testing {
namespace {

using std::chrono::hours;

class no_copies final : public live_copies {
public:
    awaitable<result<void>> forget(user_id, std::vector<ended_submission> all) override {
        forgotten += all.size();
        co_return result<void>();
    }
    std::size_t forgotten = 0;
};

// A server of its own: these cases drop what others look at.
const postgres::config& own_database() {
    static const auto started = sluice::testing::start_postgres();
    static const postgres::config c = [] {
        postgres::config made;
        made.url.value = started->url();
        made.pool_size = 4;
        need(postgres::migrate(made, "deployments/postgres/migrations"));
        return made;
    }();
    return c;
}

struct shelves {
    using words = std::vector<std::string>;
    asio::io_context io;
    postgres::pool pool{io.get_executor(), "test", own_database()};
    postgres_store store{pool};
    postgres_history history{pool};
    no_copies copies;
    user_id owner = new_user();

    template <class Body>
    void run(Body body) {
        sluice::testing::run_coro(io, [&]() -> awaitable<void> {
            need(co_await pool.connect(deadline::in(std::chrono::seconds(10))));
            co_await body();
            co_await pool.close();
        });
    }
    awaitable<std::int64_t> number(std::string sql) {
        const auto found = need(co_await pool.query(std::move(sql)));
        co_return found[0].integer("n");
    }
    awaitable<std::int64_t> rows_of(std::string table) {
        co_return co_await number(
            "select count(*) as n from " + table + " where user_id = '" + owner + "'"
        );
    }
    awaitable<new_submission>
    add(wall_time created = system_clock().now(), words found_by = words(), bool is_ended = true) {
        auto row = make_row(owner, created);
        row.words = std::move(found_by);
        need(co_await store.insert(row));
        if (is_ended) co_await finish(pool, row.task, domain::status::accepted);
        co_return row;
    }
    awaitable<result<std::int64_t>> remove(user_id whose, submission_id id) {
        std::vector<submission_id> ids(1, id);
        return history.remove(std::move(whose), std::move(ids));
    }
    awaitable<std::size_t> count(history_filter filter) {
        const auto found = need(co_await store.list(owner, std::move(filter), 100));
        co_return found.size();
    }
    // As if the migration had been long ago: what is older than thirty days has a partition.
    awaitable<void> age() {
        for (const std::string table : {"submissions", "results"}) {
            const auto part = table + "_p0";
            need(co_await pool.query("alter table " + table + " detach partition " + part));
            need(co_await pool.query("delete from " + part + " where true"));
            const std::string bound =
                need(co_await pool.query("select history_bound(now() - interval '30 days') as b")
                )[0]
                    .text("b");
            need(co_await pool.query(
                "alter table " + table + " attach partition " + part +
                " for values from (minvalue) to ('" + bound + "')"
            ));
        }
    }
};

}  // namespace

TEST_CASE("each submission goes into the partition of its time, and none is refused") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        const auto far = system_clock().now() + hours(24 * 4000);
        const auto here = co_await s.add();
        const auto there = co_await s.add(far);
        CHECK(co_await s.rows_of("submissions_default") == 1);
        CHECK(co_await s.rows_of("results_default") == 1);
        CHECK(co_await s.rows_of("submissions") == 2);
        const auto view = need(co_await s.store.read(s.owner, there.task.id));
        CHECK(view.has_value());
        need(co_await s.remove(s.owner, there.task.id));
    });
}

TEST_CASE("partitions are made ahead once, and take what the default one held for them") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        const auto now = system_clock().now();
        need(co_await s.history.add_partitions(now + hours(24 * 60), 7));
        const auto later = co_await s.add(now + hours(24 * 90));
        CHECK(co_await s.rows_of("submissions_default") == 1);
        CHECK(need(co_await s.history.add_partitions(now + hours(24 * 100), 10)) > 0);
        CHECK(need(co_await s.history.add_partitions(now + hours(24 * 100), 10)) == 0);
        CHECK(co_await s.rows_of("submissions_default") == 0);
        CHECK(co_await s.rows_of("submissions") == 1);
        CHECK(co_await s.rows_of("results_default") == 0);
        const auto view = need(co_await s.store.read(s.owner, later.task.id));
        REQUIRE(view.has_value());
        CHECK(view->status == domain::status::accepted);
    });
}

TEST_CASE("age drops partitions that are old as a whole, and nothing younger") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        co_await s.age();
        const auto now = system_clock().now();
        const auto old = co_await s.add(now - hours(24 * 40));
        const auto young = co_await s.add(now - hours(24 * 2));
        retention_rules rules;
        rules.keep_days = 35;
        history_keeper keeper(s.io.get_executor(), s.history, s.copies, system_clock(), rules);
        need(co_await keeper.sweep());
        CHECK(co_await s.rows_of("submissions") == 2);  // the partition ends 30 days ago
        rules.keep_days = 29;
        keeper.change(rules);
        const auto swept = need(co_await keeper.sweep());
        CHECK(swept.partitions_dropped == 2);
        CHECK(co_await s.rows_of("submissions") == 1);
        CHECK(co_await s.rows_of("results") == 1);
        const auto late = co_await s.add(now - hours(24 * 50));  // no partition is there for it now
        CHECK(co_await s.rows_of("submissions") == 2);
    });
}

TEST_CASE("count keeps the newest of each user that have ended") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        const auto now = system_clock().now();
        const auto waiting = co_await s.add(now - hours(9), shelves::words(), false);
        for (int i = 8; i > 0; --i)
            co_await s.add(now - hours(i));
        retention_rules rules;
        rules.keep_count = 3;
        history_keeper keeper(s.io.get_executor(), s.history, s.copies, system_clock(), rules);
        need(co_await keeper.sweep());
        CHECK(co_await s.rows_of("results") == 3);
        CHECK(co_await s.rows_of("submissions") == 4);  // what has not ended stays
        CHECK(s.copies.forgotten >= 5);
        history_filter newest;
        newest.created_after = now - hours(3) - std::chrono::minutes(1);
        CHECK(co_await s.count(newest) == 3);
        const auto again = need(co_await keeper.sweep());
        CHECK(again.deleted == 0);
    });
}

TEST_CASE("one process at a time looks after the history") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        auto held = need(co_await s.history.lock_retention());
        const auto second = co_await s.history.lock_retention();
        CHECK(second.error() == errc::conflict);
        need(co_await held.commit());
        const auto third = co_await s.history.lock_retention();
        CHECK(third.has_value());
    });
}

TEST_CASE("usage is the sum over API keys and outlives its submissions") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        const auto one = co_await s.add();
        const auto two = co_await s.add();
        const auto sql = "update usage_days set key_id = gen_random_uuid() where user_id = '";
        need(co_await s.pool.query(sql + s.owner + "'"));
        const auto three = co_await s.add();
        const auto ids = std::vector{one.task.id, two.task.id, three.task.id};
        CHECK(need(co_await s.history.remove(s.owner, ids)) == 3);
        const auto usage = need(co_await s.history.usage(s.owner, system_clock().now()));
        REQUIRE(usage.size() == 2);  // today, and all
        for (const auto& part : usage) {
            CHECK(part.submissions == 3);
            CHECK(part.cpu_us == 4500);
            CHECK(part.wall_us == 7500);
            CHECK(part.stored_bytes > 0);
            CHECK(part.counts.at(domain::status::accepted) == 3);
        }
        CHECK(usage[1].day.empty());
    });
}

TEST_CASE("usage of who has none is zero") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        const auto usage = need(co_await s.history.usage(s.owner, system_clock().now()));
        REQUIRE(usage.size() == 1);
        CHECK(usage[0].submissions == 0);
        CHECK(usage[0].counts.empty());
    });
}

TEST_CASE("a deleted submission leaves no row anywhere") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        auto row = make_row_with_key(s.owner, "key", std::string(32, 'd'));
        row.words = {"alpha"};
        row.callback = domain::callback{"https://example.org/", {}, "example.org"};
        row.mail_to = "ada@example.org";
        need(co_await s.store.insert(row));
        co_await finish(s.pool, row.task, domain::status::accepted);
        const auto foreign = need(co_await s.remove(new_user(), row.task.id));
        CHECK(foreign == 0);
        CHECK(need(co_await s.remove(s.owner, row.task.id)) == 1);
        for (const std::string table :
             {"submissions",
              "results",
              "submission_words",
              "webhook_targets",
              "mail_targets",
              "idempotency_keys"}) {
            CHECK(co_await s.rows_of(table) == 0);
        }
    });
}

TEST_CASE("a batch goes with the last of its submissions") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        const uuid batch = uuid::time_v7(unix_ms(system_clock().now()));
        const auto one = co_await s.add();
        const auto two = co_await s.add();
        std::vector<postgres::param> params{batch, s.owner, uuid::random_v4()};
        need(co_await s.pool.query(
            "insert into batches (id, user_id, correlation_id, size, created_at) values ($1::uuid, "
            "$2::text, $3::uuid, 2, now())",
            std::move(params)
        ));
        std::vector<postgres::param> members{batch, s.owner};
        need(co_await s.pool.query(
            "update submissions set batch_id = $1::uuid, batch_index = 0 where user_id = $2::text",
            std::move(members)
        ));
        need(co_await s.remove(s.owner, one.task.id));
        CHECK(co_await s.rows_of("batches") == 1);
        need(co_await s.remove(s.owner, two.task.id));
        CHECK(co_await s.rows_of("batches") == 0);
    });
}

TEST_CASE("filters narrow together, and pages of them meet everything once") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        const auto now = system_clock().now();
        for (int i = 0; i < 10; ++i) {
            auto row = make_row(s.owner, now - hours(i));
            row.task.language = i % 2 == 0 ? "python3" : "lua";
            need(co_await s.store.insert(row));
            if (i < 6) co_await finish(s.pool, row.task, domain::status::runtime_error);
        }
        history_filter filter;
        filter.languages = {"lua"};
        CHECK(co_await s.count(filter) == 5);
        filter.statuses = {domain::status::runtime_error, domain::status::accepted};
        CHECK(co_await s.count(filter) == 3);
        filter.created_before = now - hours(2);
        CHECK(co_await s.count(filter) == 2);
        filter.created_after = now - hours(4);
        CHECK(co_await s.count(filter) == 1);
        history_filter unfinished;
        unfinished.statuses = {domain::status::queued};
        CHECK(co_await s.count(unfinished) == 4);
        unfinished.statuses.push_back(domain::status::runtime_error);
        std::set<submission_id> seen;
        for (;;) {
            const auto page = need(co_await s.store.list(s.owner, unfinished, 3));
            if (page.empty()) break;
            for (const auto& item : page)
                CHECK(seen.insert(item.id).second);
            unfinished.before = page.back().id;
        }
        CHECK(seen.size() == 10);
    });
}

TEST_CASE("programs are found by the beginnings of their words, by their owner alone") {
    shelves s;
    s.run([&]() -> awaitable<void> {
        shelves::words english{"fibonacci", "print"};
        co_await s.add(system_clock().now(), english);
        shelves::words german{
            "gr\xc3\xbc\xc3\x9f"
            "e",
            "print"};
        co_await s.add(system_clock().now(), german);
        history_filter filter;
        filter.words = {"fibo", "print"};
        CHECK(co_await s.count(filter) == 1);
        filter.words = {"gr\xc3\xbc"};
        CHECK(co_await s.count(filter) == 1);
        filter.words = {"print"};
        CHECK(co_await s.count(filter) == 2);
        filter.words = {"fibonaccis"};
        CHECK(co_await s.count(filter) == 0);
        const auto foreign = need(co_await s.store.list(new_user(), filter, 10));
        CHECK(foreign.empty());
    });
}

}  // namespace sluice::submission::testing
