// Asking for the end of a submission, through fakes.
#include "use_cases/cancel_submission.hpp"

#include "fakes.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission {
namespace {

using testing::happenings;
using testing::world;

submission_id add_row(world& w) {
    const submission_id id = w.ids.next_submission(w.time.now());
    domain::submission_view view;
    view.id = id;
    view.user_id = "ada";
    w.store.rows[id] = view;
    return id;
}

outcome<domain::submission_view> run(world& w, user_id owner, submission_id id) {
    return sluice::testing::run_coro(w.io, [&] {
        return cancel_submission(observe::context{}, w.p, owner, id, std::chrono::seconds(0));
    });
}

}  // namespace

TEST_CASE("the wish is stored before the worker is told") {
    world w;
    const auto id = add_row(w);
    const auto done = run(w, "ada", id);
    REQUIRE(done.has_value());
    CHECK(done->status == domain::status::queued);
    CHECK(w.said == happenings{"request_cancel", "cancel", "read"});
    CHECK(run(w, "ada", id).has_value());
}

TEST_CASE("a submission that ended by itself cannot be cancelled") {
    world w;
    const auto id = add_row(w);
    w.store.finish(id, domain::status::accepted);
    CHECK(run(w, "ada", id).error().code == "already_finished");
    CHECK(w.said == happenings{"request_cancel", "read"});
}

TEST_CASE("cancelling again what has ended as cancelled is no error") {
    world w;
    const auto id = add_row(w);
    w.store.finish(id, domain::status::cancelled);
    const auto done = run(w, "ada", id);
    REQUIRE(done.has_value());
    CHECK(done->status == domain::status::cancelled);
}

TEST_CASE("another user's submission is not found, and nobody is told") {
    world w;
    const auto id = add_row(w);
    CHECK(run(w, "eve", id).error().code == "not_found");
    CHECK(std::find(w.said.begin(), w.said.end(), "cancel") == w.said.end());
}

TEST_CASE("a wish that reaches no worker is answered with try again") {
    world w;
    const auto id = add_row(w);
    w.control.is_away = true;
    const auto no = run(w, "ada", id);
    CHECK(no.error().code == "storage_unavailable");
    CHECK(no.error().retry_after_seconds > 0);
}

}  // namespace sluice::submission
