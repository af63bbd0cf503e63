// What accepting promises, and in which order it happens.
#include "use_cases/accept_submission.hpp"

#include "fakes.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission {
namespace {

using testing::happenings;
using testing::world;

submit_command hello(std::chrono::seconds wait = std::chrono::seconds(0)) {
    submit_command c;
    c.owner = "ada";
    c.correlation_id = correlation_id(uuid::random_v4());
    domain::submit_request request;
    request.language = "python";
    request.files.push_back({"", "print('hello')"});
    c.request = std::move(request);
    c.wait = wait;
    return c;
}

submit_command with_key(std::string key, std::string digest) {
    submit_command c = hello();
    c.idempotency = idempotency{std::move(key), std::move(digest)};
    return c;
}

outcome<accepted_submission> run(world& w, submit_command command) {
    return sluice::testing::run_coro(w.io, [&] {
        return accept_submission(observe::context{}, w.p, command);
    });
}

}  // namespace

TEST_CASE("an accepted submission is stored, then published, then marked") {
    world w;
    const auto done = run(w, hello());
    REQUIRE(done.has_value());
    CHECK(w.said == happenings{"insert", "publish"});
    CHECK(w.marks.ids == std::vector{done->view.id});
    CHECK(done->view.status == domain::status::queued);
    CHECK(done->view.language == "python3");
    CHECK(w.outbox.pending() == 0);
}

TEST_CASE("the published task is the stored one, complete") {
    world w;
    submit_command command = hello();
    const auto done = run(w, command);
    REQUIRE(done.has_value());
    REQUIRE(w.queue.published.size() == 1);
    const auto task = messages::decode_task(w.queue.published[0].body);
    REQUIRE(task.has_value());
    CHECK(task->id == done->view.id);
    CHECK(task->correlation_id == command.correlation_id);
    CHECK(task->user_id == "ada");
    CHECK(task->deadline_at == task->created_at + std::chrono::hours(1));
}

TEST_CASE("a submission that cannot be published is accepted all the same and stays in the outbox"
) {
    world w;
    w.queue.is_away = true;
    const auto done = run(w, hello());
    REQUIRE(done.has_value());
    CHECK(w.marks.ids.empty());
    CHECK(w.outbox.pending() == 1);
}

TEST_CASE("with a full outbox nothing is stored and the client is told when to come back") {
    world w;
    w.queue.is_away = true;
    REQUIRE(run(w, hello()).has_value());
    REQUIRE(run(w, hello()).has_value());
    w.said.clear();
    const auto done = run(w, hello());
    REQUIRE(done.has_error());
    CHECK(done.error().code == "queue_unavailable");
    CHECK(done.error().retry_after_seconds > 0);
    CHECK(w.said.empty());
}

TEST_CASE("without its storage nothing is published") {
    world w;
    w.store.is_away = true;
    const auto done = run(w, hello());
    REQUIRE(done.has_error());
    CHECK(done.error().code == "storage_unavailable");
    CHECK(done.error().retry_after_seconds > 0);
    CHECK(w.queue.published.empty());
}

TEST_CASE("every problem of a submission is reported and nothing is stored") {
    world w;
    submit_command command = hello();
    auto& request = std::get<domain::submit_request>(command.request);
    request.language = "klingon";
    request.args.assign(1000, "x");
    const auto done = run(w, command);
    REQUIRE(done.has_error());
    CHECK(done.error().code == "invalid_field");
    CHECK(done.error().problems.size() >= 2);
    CHECK(w.said.empty());
}

TEST_CASE("the same key and body give the first submission and no second task") {
    world w;
    const auto first = run(w, with_key("k", "digest"));
    const auto again = run(w, with_key("k", "digest"));
    REQUIRE(first.has_value());
    REQUIRE(again.has_value());
    CHECK(again->is_replay);
    CHECK(again->view.id == first->view.id);
    CHECK(w.queue.published.size() == 1);
}

TEST_CASE("the same key with another body is a conflict") {
    world w;
    REQUIRE(run(w, with_key("k", "digest")).has_value());
    const auto other = run(w, with_key("k", "other digest"));
    REQUIRE(other.has_error());
    CHECK(other.error().code == "idempotency_conflict");
    CHECK(w.queue.published.size() == 1);
}

TEST_CASE("who waits subscribes before the insert and hears before the task is published") {
    world w;
    w.queue.on_publish = [&w](submission_id id) {
        w.store.finish(id, domain::status::accepted);
        w.waiter.finished(id);
    };
    const auto done = run(w, hello(std::chrono::seconds(5)));
    REQUIRE(done.has_value());
    CHECK(w.said == happenings{"watch", "insert", "ready", "publish", "next", "read"});
    CHECK(done->view.status == domain::status::accepted);
}

TEST_CASE("a submission that is not over in time is answered as it is") {
    world w;
    w.queue.on_publish = [&w](submission_id id) { w.states.known.push_back(id); };
    const auto done = run(w, hello(std::chrono::seconds(1)));
    REQUIRE(done.has_value());
    CHECK(done->view.status == domain::status::running);
}

TEST_CASE("without Redis a waiting submission is accepted and answered at once") {
    world w;
    w.waiter.is_away = true;
    const auto done = run(w, hello(std::chrono::seconds(30)));
    REQUIRE(done.has_value());
    CHECK(w.said == happenings{"watch", "insert", "ready", "publish"});
    CHECK(done->view.status == domain::status::queued);
}

TEST_CASE("a row that cannot be read after the wait does not take the acceptance back") {
    world w;
    w.queue.on_publish = [&w](submission_id id) {
        w.store.is_away = true;
        w.waiter.finished(id);
    };
    const auto done = run(w, hello(std::chrono::seconds(5)));
    REQUIRE(done.has_value());
    CHECK(done->view.status == domain::status::queued);
}

TEST_CASE("a language that no live worker has is refused with what would bring it") {
    world w;
    w.workers.know("python3", false, "install the package python3");
    const auto done = run(w, hello());
    REQUIRE(done.has_error());
    CHECK(done.error().code == "language_unavailable");
    CHECK(done.error().detail.find("install the package python3") != std::string::npos);
    CHECK(w.said.empty());
}

TEST_CASE("an old refusal is checked again before it is believed") {
    world w;
    w.workers.know("python3", false);
    w.workers.now.languages[0].is_available = true;
    CHECK(run(w, hello()).has_value());
}

TEST_CASE("with no worker alive submissions are accepted") {
    world w;
    CHECK_FALSE(w.workers.now.is_known);
    CHECK(run(w, hello()).has_value());
}

}  // namespace sluice::submission
