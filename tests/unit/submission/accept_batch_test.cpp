// Batches: whole or not at all, every problem with its place, and the way back by correlation id.
#include "use_cases/accept_batch.hpp"

#include "fakes.hpp"
#include "use_cases/cursors.hpp"
#include "use_cases/read_batch.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission {
namespace {

using testing::happenings;
using testing::world;

domain::submit_request hello(std::string language = "python") {
    domain::submit_request r;
    r.language = std::move(language);
    r.files.push_back({"", "print('hello')"});
    return r;
}

batch_command a_batch(std::size_t size = 3) {
    batch_command c;
    c.owner = "ada";
    c.correlation_id = correlation_id(uuid::random_v4());
    c.request.items.assign(size, hello());
    return c;
}

outcome<accepted_batch> run(world& w, batch_command command) {
    return sluice::testing::run_coro(w.io, [&] {
        return accept_batch(observe::context{}, w.p, command);
    });
}

outcome<batch_page> read(
    world& w,
    correlation_id id,
    std::optional<std::int64_t> after = {},
    std::size_t limit = 10,
    user_id owner = "ada"
) {
    return sluice::testing::run_coro(w.io, [&] {
        return read_batch(observe::context{}, w.p, owner, id, after, limit);
    });
}

std::vector<std::string> problems_of(const rejection& no) {
    std::vector<std::string> found;
    for (const auto& p : no.problems)
        found.push_back(p.field + " " + p.code);
    return found;
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("a batch is stored in one go, then each of it is published and marked") {
    world w;
    const auto command = a_batch();
    const auto done = run(w, command);
    REQUIRE(done.has_value());
    CHECK(w.said == happenings{"insert batch", "publish", "publish", "publish"});
    REQUIRE(done->items.size() == 3);
    CHECK(w.marks.ids.size() == 3);
    REQUIRE(w.batches.rows.size() == 1);
    const auto& stored = w.batches.rows[0];
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(stored.items[i].task.id == done->items[i]);
        CHECK(stored.items[i].task.correlation_id == command.correlation_id);
        CHECK(stored.items[i].task.user_id == "ada");
        CHECK_FALSE(stored.items[i].encoded_task.empty());
    }
    CHECK(std::ranges::is_sorted(done->items));
}

TEST_CASE("a batch with a wrong item is refused whole, with the problems of all items") {
    world w;
    auto command = a_batch(4);
    command.request.items[1].files.clear();
    command.request.items[3].language = "klingon";
    command.request.items[3].tests.emplace(1).front().weight = -1;
    const auto done = run(w, command);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == "invalid_field");
    CHECK(
        problems_of(done.error()) ==
        list{
            "items[1].source required",
            "items[3].language not_allowed",
            "items[3].tests[0].weight too_small"}
    );
    CHECK(w.said.empty());
}

TEST_CASE("problems of commands are told of the commands") {
    world w;
    auto command = a_batch(2);
    command.request.is_commands = true;
    command.request.items[1].files[0].content.assign(5 << 20, 'x');
    const auto done = run(w, command);
    REQUIRE_FALSE(done.has_value());
    CHECK(problems_of(done.error()) == list{"commands[1] too_large"});
}

TEST_CASE("a batch has at least one item and at most as many as are configured") {
    world w;
    const auto none = run(w, a_batch(0));
    REQUIRE_FALSE(none.has_value());
    CHECK(problems_of(none.error()) == list{"items required"});
    const auto many = run(w, a_batch(6));
    REQUIRE_FALSE(many.has_value());
    CHECK(problems_of(many.error()) == list{"items too_many"});
    CHECK(run(w, a_batch(5)).has_value());
}

TEST_CASE("a batch of a language that no worker has is refused with its items") {
    world w;
    w.workers.know("python3", false, "install python3");
    const auto done = run(w, a_batch(2));
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == "language_unavailable");
    CHECK(
        problems_of(done.error()) ==
        list{"items[0].language not_available", "items[1].language not_available"}
    );
}

TEST_CASE("a correlation id names one batch of a user") {
    world w;
    const auto command = a_batch();
    REQUIRE(run(w, command).has_value());
    const auto again = run(w, command);
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().code == "conflict");
    auto of_bob = command;
    of_bob.owner = "bob";
    CHECK(run(w, of_bob).has_value());
}

TEST_CASE("the same Idempotency-Key with the same body gives the same batch") {
    world w;
    auto command = a_batch();
    command.idempotency = idempotency{"key", "digest"};
    const auto first = run(w, command);
    REQUIRE(first.has_value());
    auto again = command;
    again.correlation_id = correlation_id(uuid::random_v4());
    const auto second = run(w, again);
    REQUIRE(second.has_value());
    CHECK(second->is_replay);
    CHECK(second->correlation_id == command.correlation_id);
    CHECK(w.queue.published.size() == 3);
    again.idempotency->request_sha256 = "other";
    const auto other = run(w, again);
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().code == "idempotency_conflict");
}

TEST_CASE("without the broker a batch is accepted and left to the outbox; a full one refuses it") {
    world w;
    w.queue.is_away = true;
    CHECK(run(w, a_batch()).has_value());
    CHECK(w.outbox.pending() == 3);
    CHECK(w.marks.ids.empty());
    const auto full = run(w, a_batch());
    REQUIRE_FALSE(full.has_value());
    CHECK(full.error().code == "queue_unavailable");
}

TEST_CASE("without the storage nothing of a batch is published") {
    world w;
    w.batches.is_away = true;
    const auto done = run(w, a_batch());
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == "storage_unavailable");
    CHECK(w.queue.published.empty());
}

TEST_CASE("a batch is read by its owner, page by page") {
    world w;
    const auto command = a_batch(3);
    const auto done = run(w, command);
    REQUIRE(done.has_value());
    w.states.known.push_back(done->items[1]);
    const auto page = read(w, command.correlation_id, {}, 2);
    REQUIRE(page.has_value());
    CHECK(page->view.counts.at(domain::status::queued) == 2);
    CHECK(page->view.counts.at(domain::status::running) == 1);
    REQUIRE(page->items.size() == 2);
    CHECK(page->items[1].summary.status == domain::status::running);
    REQUIRE(page->next_cursor);
    const auto after = parse_index_cursor(*page->next_cursor);
    CHECK(after == 1);
    const auto last = read(w, command.correlation_id, after, 2);
    REQUIRE(last.has_value());
    REQUIRE(last->items.size() == 1);
    CHECK(last->items[0].index == 2);
    CHECK_FALSE(last->next_cursor);
    const auto of_bob = read(w, command.correlation_id, {}, 2, "bob");
    REQUIRE_FALSE(of_bob.has_value());
    CHECK(of_bob.error().code == "not_found");
}

TEST_CASE("a cursor that is not ours is none") {
    CHECK(parse_index_cursor(make_index_cursor(0)) == 0);
    CHECK(parse_index_cursor(make_index_cursor(123456)) == 123456);
    for (const auto* text : {"", "x", "AAAA", "LTAwMDAwMDAx"})
        CHECK_FALSE(parse_index_cursor(text));
}

}  // namespace sluice::submission
