// The store against a real PostgreSQL: what is inserted is read back, once, by its owner.
#include "support.hpp"

#include <set>

namespace sluice::submission::testing {

namespace {

history_filter older_than(submission_id id) {
    history_filter filter;
    filter.before = id;
    return filter;
}

}  // namespace

TEST_CASE("a stored submission is read back by its owner and by nobody else") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const auto row = make_row(new_user());
        const auto stored = need(co_await s.store.insert(row));
        CHECK(stored.what == insert_outcome::kind::inserted);
        const auto view = need(co_await s.store.read(row.task.user_id, row.task.id));
        REQUIRE(view.has_value());
        CHECK(view->correlation_id == row.task.correlation_id);
        CHECK(view->language == "python3");
        CHECK(view->limits == row.task.limits);
        CHECK(view->created_at == row.task.created_at);
        CHECK(view->status == domain::status::queued);
        const auto foreign = need(co_await s.store.read(new_user(), row.task.id));
        CHECK_FALSE(foreign.has_value());
    });
}

TEST_CASE("a finished submission is read with its result, byte for byte") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const auto row = make_row(new_user());
        need(co_await s.store.insert(row));
        co_await finish(s.pool, row.task, domain::status::runtime_error);
        const auto view = need(co_await s.store.read(row.task.user_id, row.task.id));
        REQUIRE(view.has_value());
        CHECK(view->status == domain::status::runtime_error);
        REQUIRE(view->result.has_value());
        CHECK(view->result->stdout_bytes == std::string("out\0\xff", 5));
        CHECK(view->result->times.persisted_at.has_value());
    });
}

TEST_CASE("the stored task is the one that was encoded") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const auto row = make_row(new_user());
        need(co_await s.store.insert(row));
        std::vector<postgres::param> params;
        params.emplace_back(row.task.id);
        const auto found = need(
            co_await s.pool.query("select task from submissions where id = $1", std::move(params))
        );
        CHECK(found[0].bytea("task") == row.encoded_task);
    });
}

TEST_CASE("the history is newest first, goes on behind a cursor, and has only its owner's rows") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const user_id owner = new_user();
        std::vector<submission_id> made;
        for (int i = 0; i < 4; ++i) {
            const auto row = make_row(owner);
            need(co_await s.store.insert(row));
            need(co_await s.store.insert(make_row(new_user())));
            if (i == 3) co_await finish(s.pool, row.task, domain::status::accepted);
            made.insert(made.begin(), row.task.id);
        }
        const auto first = need(co_await s.store.list(owner, history_filter(), 3));
        REQUIRE(first.size() == 3);
        CHECK(first[0].id == made[0]);
        CHECK(first[0].status == domain::status::accepted);
        CHECK(first[0].cpu_us == 1500);
        CHECK(first[0].finished_at.has_value());
        CHECK(first[1].status == domain::status::queued);
        const auto rest = need(co_await s.store.list(owner, older_than(first[2].id), 3));
        REQUIRE(rest.size() == 1);
        CHECK(rest[0].id == made[3]);
    });
}

TEST_CASE("the same key and body give the first id and no second row") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const user_id owner = new_user();
        const auto first = make_row_with_key(owner, "k", "digest");
        const auto again = make_row_with_key(owner, "k", "digest");
        CHECK(need(co_await s.store.insert(first)).what == insert_outcome::kind::inserted);
        const auto replay = need(co_await s.store.insert(again));
        CHECK(replay.what == insert_outcome::kind::replayed);
        CHECK(replay.id == first.task.id);
        const auto history = need(co_await s.store.list(owner, history_filter(), 10));
        CHECK(history.size() == 1);
    });
}

TEST_CASE("another body under the same key is a conflict; another user's key is another key") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const user_id owner = new_user();
        need(co_await s.store.insert(make_row_with_key(owner, "k", "digest")));
        const auto other = need(co_await s.store.insert(make_row_with_key(owner, "k", "other")));
        CHECK(other.what == insert_outcome::kind::conflicting);
        const auto hers =
            need(co_await s.store.insert(make_row_with_key(new_user(), "k", "other")));
        CHECK(hers.what == insert_outcome::kind::inserted);
    });
}

TEST_CASE("an expired key is taken over by the new submission") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const user_id owner = new_user();
        const auto long_ago = system_clock().now() - std::chrono::hours(25);
        need(co_await s.store.insert(make_row_with_key(owner, "k", "digest", long_ago)));
        const auto now = make_row_with_key(owner, "k", "other");
        CHECK(need(co_await s.store.insert(now)).what == insert_outcome::kind::inserted);
        const auto again = need(co_await s.store.insert(make_row_with_key(owner, "k", "other")));
        CHECK(again.what == insert_outcome::kind::replayed);
        CHECK(again.id == now.task.id);
    });
}

TEST_CASE("of many requests at once with one key exactly one is stored and all name it") {
    storage s;
    std::vector<insert_outcome> outcomes;
    const user_id owner = new_user();
    const auto one = [&]() -> awaitable<void> {
        outcomes.push_back(need(co_await s.store.insert(make_row_with_key(owner, "k", "digest"))));
    };
    s.run([&]() -> awaitable<void> {
        for (int i = 0; i < 32; ++i)
            s.tasks.spawn("insert", one());
        co_await s.tasks.close(std::chrono::seconds(10));
        const auto history = need(co_await s.store.list(owner, history_filter(), 100));
        CHECK(history.size() == 1);
    });
    REQUIRE(outcomes.size() == 32);
    std::set<submission_id> named;
    int inserted = 0;
    for (const auto& o : outcomes) {
        named.insert(o.id);
        if (o.what == insert_outcome::kind::inserted) ++inserted;
    }
    CHECK(named.size() == 1);
    CHECK(inserted == 1);
}

TEST_CASE("old keys are forgotten, young ones are not") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const user_id owner = new_user();
        const auto now = system_clock().now();
        need(co_await s.store.insert(
            make_row_with_key(owner, "old", "d", now - std::chrono::hours(30))
        ));
        need(co_await s.store.insert(make_row_with_key(owner, "new", "d", now)));
        CHECK(need(co_await s.outbox.forget_keys(now - std::chrono::hours(24))) >= 1);
        std::vector<postgres::param> params;
        params.emplace_back(owner);
        const auto left = need(co_await s.pool.query(
            "select key from idempotency_keys where user_id = $1",
            std::move(params)
        ));
        REQUIRE(left.size() == 1);
        CHECK(left[0].text("key") == "new");
    });
}

}  // namespace sluice::submission::testing
