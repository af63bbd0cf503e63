// The results table on a real PostgreSQL: batches, duplicates, the first result wins.
#include "adapters/postgres_results.hpp"

#include "support.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <map>
#include <set>

using namespace sluice;
using namespace sluice::notification;
using namespace sluice::notification::real;

namespace {

struct table : servers {
    postgres_results store{*pool};

    std::vector<stored_result> put(std::vector<domain::run_result> results) {
        return need(run([&] { return store.store(results); }));
    }
    std::int64_t count(submission_id id) {
        auto rows = query("select count(*) as n from results where submission_id = $1::uuid", {id});
        return rows[0].integer("n");
    }
};

}  // namespace

TEST_CASE("a batch is stored whole, with the columns that are searched for") {
    table t;
    const auto first = fresh_id(), second = fresh_id();
    auto limited = a_result(second);
    limited.status = domain::status::time_limit;
    limited.limit_hit = domain::limit_kind::cpu_time;
    const auto stored = t.put({a_result(first), limited});
    REQUIRE(stored.size() == 2);
    CHECK(stored[0].is_new);
    CHECK(stored[1].is_new);
    CHECK(stored[1].value.id == second);
    auto rows = t.query(
        "select user_id, status, limit_hit, cpu_us, attempt from results where submission_id = any("
        "$1::uuid[]) order by submission_id",
        {postgres::uuid_array({first.value(), second.value()})}
    );
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].text("status") == "accepted");
    CHECK(rows[0].is_null("limit_hit"));
    CHECK(rows[0].integer("cpu_us") == 1234);
    CHECK(rows[1].text("limit_hit") == "cpu_time_ms");
}

TEST_CASE("what is stored decodes to the very result") {
    table t;
    const auto id = fresh_id();
    const auto given = a_result(id, std::string("\x00\xff\n", 3));
    t.put({given});
    auto rows = t.query("select result from results where submission_id = $1::uuid", {id});
    const auto read = need(messages::decode_result(rows[0].bytea("result")));
    CHECK(read.stdout_bytes == given.stdout_bytes);
    CHECK(read.times.persisted_at == given.times.persisted_at);
}

TEST_CASE("the same batch again changes nothing") {
    table t;
    const auto id = fresh_id();
    t.put({a_result(id)});
    const auto again = t.put({a_result(id)});
    CHECK_FALSE(again[0].is_new);
    CHECK(t.count(id) == 1);
}

TEST_CASE("the first terminal result wins, and a later one is answered with it") {
    table t;
    const auto id = fresh_id();
    t.put({a_result(id, "first")});
    auto second = a_result(id, "second");
    second.status = domain::status::runtime_error;
    const auto answer = t.put({second, a_result(fresh_id())});
    CHECK_FALSE(answer[0].is_new);
    CHECK(answer[0].value.stdout_bytes == "first");
    CHECK(answer[0].value.status == domain::status::accepted);
    CHECK(answer[1].is_new);
}

TEST_CASE("two results of one submission in one batch: the first goes in") {
    table t;
    const auto id = fresh_id();
    const auto answer = t.put({a_result(id, "first"), a_result(id, "second")});
    CHECK(answer[0].is_new);
    CHECK_FALSE(answer[1].is_new);
    CHECK(answer[1].value.stdout_bytes == "first");
    CHECK(t.count(id) == 1);
}

TEST_CASE("the submission's version comes with its result") {
    table t;
    const auto id = fresh_id();
    t.accept(id, system_clock().now() + std::chrono::hours(1), "3.11");
    CHECK(t.put({a_result(id)})[0].version == "3.11");
    CHECK(t.put({a_result(id)})[0].version == "3.11");
}

TEST_CASE("concurrent batches with the same submissions agree on the winners") {
    table t;
    std::vector<domain::run_result> forward, backward;
    for (int i = 0; i < 50; ++i) {
        forward.push_back(a_result(fresh_id(), "forward"));
        backward.insert(backward.begin(), a_result(forward.back().id, "backward"));
    }
    std::vector<std::vector<stored_result>> answers;
    const auto both = [&]() -> awaitable<void> {
        const auto put = [&](std::vector<domain::run_result> r) -> awaitable<void> {
            auto stored = co_await t.store.store(std::move(r));
            answers.push_back(need(std::move(stored)));
        };
        auto ex = co_await asio::this_coro::executor;
        auto group = asio::experimental::make_parallel_group(
            asio::co_spawn(ex, put(forward), asio::deferred),
            asio::co_spawn(ex, put(backward), asio::deferred)
        );
        co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    };
    t.run(both);
    REQUIRE(answers.size() == 2);
    std::map<submission_id, std::set<std::string>> outputs;
    int fresh = 0;
    for (const auto& answer : answers) {
        for (const auto& s : answer) {
            outputs[s.value.id].insert(s.value.stdout_bytes);
            fresh += s.is_new ? 1 : 0;
        }
    }
    CHECK(fresh == 50);
    for (const auto& [id, said] : outputs)
        CHECK(said.size() == 1);
}

TEST_CASE("a result that the table refuses is an error of its own and the table is healthy") {
    table t;
    auto bad = a_result(fresh_id());
    bad.status = domain::status::running;
    auto refused = t.run([&] {
        std::vector<domain::run_result> one{bad};
        return t.store.store(std::move(one));
    });
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == errc::refused);
    need(t.run([&] { return t.store.check(); }));
}

TEST_CASE("only submissions past their deadline without a result are overdue") {
    table t;
    const auto now = system_clock().now();
    const auto late = fresh_id(), ended = fresh_id(), in_time = fresh_id();
    t.accept(late, now - std::chrono::minutes(2), "3.11");
    t.accept(ended, now - std::chrono::minutes(2));
    t.accept(in_time, now + std::chrono::minutes(2));
    t.put({a_result(ended)});
    const auto found =
        need(t.run([&] { return t.store.overdue(now - std::chrono::minutes(3), now, 100); }));
    REQUIRE(found.size() == 1);
    CHECK(found[0].id == late);
    CHECK(found[0].user_id == "alice");
    CHECK(found[0].version == "3.11");
    CHECK(found[0].limits.cpu_time_ms == 11);
    CHECK(found[0].limits.stack_bytes == 20);
}

namespace {

uuid a_batch(table& t, const std::vector<submission_id>& ids) {
    const uuid batch = fresh_id().value();
    t.query(
        "insert into batches (id, user_id, correlation_id, size, created_at) "
        "values ($1::uuid, 'alice', $1::uuid, $2::bigint, now())",
        {batch, static_cast<std::int64_t>(ids.size())}
    );
    for (const auto& id : ids) {
        t.accept(id, system_clock().now());
        t.query("update submissions set batch_id = $1::uuid where id = $2::uuid", {batch, id});
    }
    return batch;
}

}  // namespace

TEST_CASE("a stored result names its batch, also when it comes again") {
    table t;
    const auto alone = fresh_id(), member = fresh_id();
    t.accept(alone, system_clock().now());
    const auto batch = a_batch(t, {member});
    for (int times = 0; times < 2; ++times) {
        const auto stored = t.put({a_result(alone), a_result(member)});
        CHECK_FALSE(stored[0].batch_id);
        CHECK(stored[1].batch_id == batch);
    }
}

TEST_CASE("a batch is finished when none of its submissions lacks a result") {
    table t;
    const auto first = fresh_id(), last = fresh_id();
    const auto batch = a_batch(t, {first, last});
    const auto open = a_batch(t, {fresh_id()});
    const auto finished = [&] {
        return need(t.run([&] { return t.store.finished_batches({batch, open}); }));
    };
    t.put({a_result(first)});
    CHECK(finished().empty());
    auto failed = a_result(last);
    failed.status = domain::status::runtime_error;
    t.put({failed});
    const auto found = finished();
    REQUIRE(found.size() == 1);
    CHECK(found[0].id == batch);
    CHECK(found[0].user_id == "alice");
    CHECK(found[0].correlation_id == correlation_id(batch));
    CHECK(found[0].size == 2);
    CHECK(found[0].counts.at(domain::status::accepted) == 1);
    CHECK(found[0].counts.at(domain::status::runtime_error) == 1);
    CHECK(found[0].finished_at.has_value());
}

TEST_CASE("a result of a submission that its owner has deleted is not stored") {
    table t;
    const auto id = fresh_id(), other = fresh_id();
    t.query("insert into deleted_submissions (submission_id) values ($1::uuid)", {id});
    const auto stored = t.put({a_result(id), a_result(other)});
    CHECK(stored[0].is_deleted);
    CHECK_FALSE(stored[0].is_new);
    CHECK(t.count(id) == 0);
    CHECK(stored[1].is_new);
    CHECK_FALSE(stored[1].is_deleted);
}

TEST_CASE("what came from the cache says so in its row, uses no time, and is counted") {
    table t;
    auto r = a_result(fresh_id());
    r.user_id = "cached-" + r.id.to_string();
    r.original_run_at = system_clock().now();
    t.put({r});
    t.put({r});
    auto rows = t.query("select cached from results where submission_id = $1::uuid", {r.id});
    CHECK(rows[0].boolean("cached"));
    auto used = t.query(
        "select submissions, cached, cpu_us, accepted from usage_daily where user_id = $1::text",
        {r.user_id}
    );
    REQUIRE(used.size() == 1);
    CHECK(used[0].integer("submissions") == 1);
    CHECK(used[0].integer("cached") == 1);
    CHECK(used[0].integer("cpu_us") == 0);
    CHECK(used[0].integer("accepted") == 1);
}

TEST_CASE("the key under which a result may be kept comes from the submission's row") {
    table t;
    const auto id = fresh_id();
    t.accept(id, system_clock().now());
    t.query("update submissions set cache_key = 'abc' where id = $1::uuid", {id});
    const auto stored = t.put({a_result(id)});
    CHECK(stored[0].cache_key == "abc");
    CHECK(t.put({a_result(id)})[0].cache_key.empty());
}
