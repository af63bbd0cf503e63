// Batches against a real PostgreSQL: in whole or not at all, once for each key and each name.
#include "adapters/postgres_batches.hpp"
#include "support.hpp"

namespace sluice::submission::testing {
namespace {

new_batch make_batch(const user_id& owner, std::size_t size = 3) {
    new_batch b;
    b.created_at = system_clock().now();
    b.id = uuid::time_v7(unix_ms(b.created_at));
    b.correlation_id = correlation_id(uuid::random_v4());
    b.owner = owner;
    b.forget_keys_before = b.created_at - std::chrono::hours(24);
    for (std::size_t i = 0; i < size; ++i) {
        b.items.push_back(make_row(owner, b.created_at));
        b.items.back().task.correlation_id = b.correlation_id;
        b.items.back().task.version = "\"3\",{\\}";
    }
    return b;
}

struct batches : storage {
    postgres_batches store{pool};

    awaitable<std::int64_t> rows_of(user_id owner) {
        std::vector<postgres::param> params;
        params.emplace_back(std::move(owner));
        auto found = need(co_await pool.query(
            "select (select count(*) from submissions where user_id = $1::text) + "
            "(select count(*) from batches where user_id = $1::text) + "
            "(select count(*) from idempotency_keys where user_id = $1::text) as n",
            std::move(params)
        ));
        co_return found[0].integer("n");
    }
};

}  // namespace

TEST_CASE("a batch is read back in its order, and published from its rows like single ones") {
    batches s;
    s.run([&]() -> awaitable<void> {
        const auto batch = make_batch(new_user(), 5);
        const auto stored = need(co_await s.store.insert(batch));
        CHECK(stored.what == batch_insert_outcome::kind::inserted);
        const auto found = need(co_await s.store.read(batch.owner, batch.correlation_id));
        REQUIRE(found.has_value());
        CHECK(found->view.size == 5);
        CHECK(found->view.created_at == batch.created_at);
        CHECK(found->view.counts.at(domain::status::queued) == 5);
        CHECK_FALSE(found->view.finished_at);
        REQUIRE(found->unfinished.size() == 5);
        const auto items = need(co_await s.store.items(batch.id, std::nullopt, 10));
        REQUIRE(items.size() == 5);
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(items[i].index == static_cast<std::int64_t>(i));
            CHECK(items[i].summary.id == batch.items[i].task.id);
            CHECK(items[i].summary.version == batch.items[i].task.version);
            CHECK(found->unfinished[i] == batch.items[i].task.id);
        }
        const auto rest = need(co_await s.store.items(batch.id, 3, 10));
        CHECK(rest.size() == 1);
        const auto one = need(co_await s.store.items(batch.id, std::nullopt, 1));
        CHECK(one.size() == 1);
        std::vector<postgres::param> params;
        params.emplace_back(batch.items[2].task.id);
        const auto row = need(co_await s.pool.query(
            "select task, limits::text as limits from submissions where id = $1::uuid",
            std::move(params)
        ));
        CHECK(row[0].bytea("task") == batch.items[2].encoded_task);
        CHECK(row[0].text("limits").starts_with("{2000,"));
    });
}

TEST_CASE("a batch is its owner's only") {
    batches s;
    s.run([&]() -> awaitable<void> {
        const auto batch = make_batch(new_user());
        need(co_await s.store.insert(batch));
        CHECK_FALSE(need(co_await s.store.read(new_user(), batch.correlation_id)).has_value());
        CHECK_FALSE(need(co_await s.store.name_of(new_user(), batch.id)).has_value());
        CHECK(need(co_await s.store.name_of(batch.owner, batch.id)) == batch.correlation_id);
    });
}

TEST_CASE("a batch has ended when all of it has, at the time of the last") {
    batches s;
    s.run([&]() -> awaitable<void> {
        const auto batch = make_batch(new_user(), 2);
        need(co_await s.store.insert(batch));
        co_await finish(s.pool, batch.items[1].task, domain::status::runtime_error);
        auto found = need(co_await s.store.read(batch.owner, batch.correlation_id));
        CHECK_FALSE(found->view.finished_at);
        CHECK(found->unfinished == std::vector{batch.items[0].task.id});
        co_await finish(s.pool, batch.items[0].task, domain::status::accepted);
        found = need(co_await s.store.read(batch.owner, batch.correlation_id));
        CHECK(found->view.finished_at);
        CHECK(found->view.counts.at(domain::status::accepted) == 1);
        CHECK(found->view.counts.at(domain::status::runtime_error) == 1);
        CHECK_FALSE(found->view.counts.contains(domain::status::queued));
    });
}

TEST_CASE("a name that is taken leaves nothing of the second batch, its key included") {
    batches s;
    s.run([&]() -> awaitable<void> {
        const auto owner = new_user();
        auto first = make_batch(owner, 1);
        need(co_await s.store.insert(first));
        auto second = make_batch(owner, 2);
        second.correlation_id = first.correlation_id;
        second.idempotency = idempotency{"key", "digest"};
        const auto refused = need(co_await s.store.insert(second));
        CHECK(refused.what == batch_insert_outcome::kind::exists);
        CHECK(co_await s.rows_of(owner) == 2);
        second.correlation_id = correlation_id(uuid::random_v4());
        CHECK(need(co_await s.store.insert(second)).what == batch_insert_outcome::kind::inserted);
    });
}

TEST_CASE("one key makes one batch, and stands for one body") {
    batches s;
    s.run([&]() -> awaitable<void> {
        const auto owner = new_user();
        auto first = make_batch(owner);
        first.idempotency = idempotency{"key", "digest"};
        need(co_await s.store.insert(first));
        auto again = make_batch(owner);
        again.idempotency = first.idempotency;
        const auto replayed = need(co_await s.store.insert(again));
        CHECK(replayed.what == batch_insert_outcome::kind::replayed);
        CHECK(replayed.id == first.id);
        again.idempotency->request_sha256 = "other";
        const auto other = need(co_await s.store.insert(again));
        CHECK(other.what == batch_insert_outcome::kind::conflicting);
        CHECK(co_await s.rows_of(owner) == 3 + 1 + 1);
    });
}

TEST_CASE("an item that cannot be stored takes the whole batch with it") {
    batches s;
    s.run([&]() -> awaitable<void> {
        const auto owner = new_user();
        auto batch = make_batch(owner);
        batch.items[2].task.id = batch.items[0].task.id;
        const auto refused = co_await s.store.insert(batch);
        CHECK_FALSE(refused.has_value());
        CHECK(co_await s.rows_of(owner) == 0);
    });
}

}  // namespace sluice::submission::testing
