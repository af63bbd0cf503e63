// Stored, then told; nothing given up, nothing told twice with other content.
#include "use_cases/persist_results.hpp"

#include "fakes.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::notification;
using namespace sluice::notification::testing;

namespace {

std::vector<fate> run(world& w, std::vector<domain::run_result> results) {
    asio::io_context io;
    return sluice::testing::run_coro(io, [&] { return persist_results(w.p, results); });
}

}  // namespace

TEST_CASE("a result is stored and then told") {
    world w;
    const auto id = some_id();
    CHECK(run(w, {a_result(id)}) == std::vector{fate::done});
    CHECK(w.store.rows.contains(id));
    REQUIRE(w.events.sent.size() == 1);
    CHECK(w.events.sent[0].type == "submission.finished");
}

TEST_CASE("a stored result says when it was persisted") {
    world w;
    const auto id = some_id();
    run(w, {a_result(id)});
    CHECK(w.store.rows.at(id).times.persisted_at == w.time.now());
}

TEST_CASE("tests that were not told yet are told before the end") {
    world w;
    auto tested = a_result(some_id());
    tested.tests.resize(3);
    tested.tests[0].was_run = tested.tests[2].was_run = true;
    tested.tests[2].run.stdout_bytes = "kept back";
    run(w, {tested});
    REQUIRE(w.events.sent.size() == 3);
    CHECK(w.events.sent[0].part == "0");
    CHECK(w.events.sent[1].part == "2");
    CHECK(w.events.sent[1].type == "test.finished");
    CHECK(w.events.sent[1].only_if_missing);
    CHECK(w.events.sent[1].frame.find("kept back") == std::string::npos);
    CHECK(w.events.sent[2].type == "submission.finished");
    CHECK_FALSE(w.events.sent[2].only_if_missing);
}

TEST_CASE("a batch is one call to the store") {
    world w;
    run(w, {a_result(some_id()), a_result(some_id()), a_result(some_id())});
    CHECK(w.store.store_calls == 1);
    CHECK(w.events.sent.size() == 3);
}

TEST_CASE("a second result of a submission tells what the first one said") {
    world w;
    const auto id = some_id();
    run(w, {a_result(id, "first")});
    const std::string first = w.events.sent[0].frame;
    w.time.advance(std::chrono::seconds(3));
    CHECK(run(w, {a_result(id, "second")}) == std::vector{fate::done});
    REQUIRE(w.events.sent.size() == 2);
    CHECK(w.events.sent[1].frame == first);
}

TEST_CASE("a duplicate is counted and is no new result") {
    world w;
    const auto id = some_id();
    const double duplicates = w.metrics.duplicates.value();
    const double accepted = w.metrics.results.at(domain::status::accepted).value();
    run(w, {a_result(id)});
    run(w, {a_result(id)});
    CHECK(w.metrics.duplicates.value() == duplicates + 1);
    CHECK(w.metrics.results.at(domain::status::accepted).value() == accepted + 1);
}

TEST_CASE("while the database is away the batch is tried again") {
    world w;
    w.store.failures = {fail(errc::unavailable), fail(errc::timeout), fail(errc::unavailable)};
    CHECK(run(w, {a_result(some_id())}) == std::vector{fate::done});
    CHECK(w.pause.waits == 3);
}

TEST_CASE("while Redis is away the stored batch is told again until it is out") {
    world w;
    w.events.failing = 3;
    CHECK(run(w, {a_result(some_id()), a_result(some_id())}) == std::vector(2, fate::done));
    CHECK(w.store.store_calls == 1);
    CHECK(w.events.sent.size() == 2);
}

TEST_CASE("only what was not yet out is told again") {
    world w;
    const auto first = some_id();
    w.events.failing = 1;
    run(w, {a_result(first), a_result(some_id())});
    REQUIRE(w.events.sent.size() == 2);
    CHECK(w.events.sent[1].id == first);
}

TEST_CASE("a drain with the database away gives the batch back") {
    world w;
    w.pause.allowed = 0;
    w.store.failures = {fail(errc::unavailable)};
    CHECK(run(w, {a_result(some_id())}) == std::vector{fate::give_back});
    CHECK(w.events.sent.empty());
}

TEST_CASE("a drain with Redis away gives back what was not told") {
    world w;
    w.pause.allowed = 0;
    w.events.failing = 1;
    CHECK(
        run(w, {a_result(some_id()), a_result(some_id())}) ==
        std::vector{fate::give_back, fate::done}
    );
}

TEST_CASE("a result that the database refuses is poison and the others of its batch are not") {
    world w;
    const auto bad = some_id();
    w.store.refused.insert(bad);
    CHECK(
        run(w, {a_result(some_id()), a_result(bad), a_result(some_id())}) ==
        std::vector{fate::done, fate::poison, fate::done}
    );
    CHECK(w.events.sent.size() == 2);
}

TEST_CASE("a database that refuses everything is waited for, not believed") {
    world w;
    w.pause.allowed = 2;
    w.store.is_healthy = false;
    const auto bad = some_id();
    w.store.refused.insert(bad);
    CHECK(run(w, {a_result(bad)}) == std::vector{fate::give_back});
    CHECK(w.pause.waits == 3);
}

namespace {

std::vector<std::string> types_sent(const world& w) {
    std::vector<std::string> types;
    for (const auto& e : w.events.sent)
        types.push_back(e.type);
    return types;
}

}  // namespace

TEST_CASE("results that belong to no batch ask for none") {
    world w;
    run(w, {a_result(some_id())});
    CHECK(w.store.batch_calls == 0);
}

TEST_CASE("the end of a batch is told once its last submission has ended, after that one's end") {
    world w;
    const auto first = some_id(), last = some_id();
    const uuid batch = uuid::time_v7(1);
    w.store.batch_of = {{first, batch}, {last, batch}};
    run(w, {a_result(first)});
    CHECK(types_sent(w) == std::vector<std::string>{"submission.finished"});
    run(w, {a_result(last)});
    CHECK(
        types_sent(w) ==
        std::vector<std::string>{"submission.finished", "submission.finished", "batch.finished"}
    );
    const auto& told = w.events.sent.back();
    CHECK(told.id == submission_id(batch));
    CHECK(told.user_id == "alice");
}

TEST_CASE("a result that comes again tells the end again under the same name: no crash loses it") {
    world w;
    const auto only = some_id();
    w.store.batch_of = {{only, uuid::time_v7(1)}};
    run(w, {a_result(only)});
    run(w, {a_result(only)});
    REQUIRE(w.events.sent.size() == 4);
    CHECK(w.events.sent[1].id == w.events.sent[3].id);
    CHECK(w.events.sent[1].type == w.events.sent[3].type);
    CHECK(w.events.sent[1].frame == w.events.sent[3].frame);
}

TEST_CASE("a batch's end that cannot be told is tried again, and given back by a drain") {
    world w;
    const auto only = some_id(), other = some_id();
    w.store.batch_of = {{only, uuid::time_v7(1)}};
    w.pause.allowed = 0;
    run(w, {a_result(some_id())});
    w.events.sent.clear();
    w.store.rows.emplace(only, a_result(only));
    w.events.failing = 2;
    w.pause.allowed = 1;
    w.pause.waits = 0;
    CHECK(run(w, {a_result(only)}) == std::vector{fate::give_back});
    CHECK(w.events.sent.size() == 1);
    w.events.failing = 0;
    CHECK(run(w, {a_result(only), a_result(other)}) == std::vector{fate::done, fate::done});
    CHECK(w.events.sent.back().type == "batch.finished");
}
