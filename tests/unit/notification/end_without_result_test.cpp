// Submissions that no worker ended.
#include "use_cases/end_without_result.hpp"

#include <catch2/catch.hpp>

using namespace sluice;

namespace {

const wall_time now = from_unix_ms(1'700'000'100'000);

domain::task a_task() {
    domain::task t;
    t.id = submission_id(uuid::time_v7(1));
    t.correlation_id = correlation_id(uuid::random_v4());
    t.user_id = "alice";
    t.language = "cpp";
    t.limits.cpu_time_ms = 123;
    t.created_at = from_unix_ms(1'700'000'000'000);
    return t;
}

}  // namespace

TEST_CASE("a dead task ends as an internal error of its own submission and user") {
    const auto t = a_task();
    const auto r = notification::end_dead_task(t, 4, now);
    CHECK(r.status == domain::status::internal_error);
    CHECK(r.id == t.id);
    CHECK(r.correlation_id == t.correlation_id);
    CHECK(r.user_id == "alice");
    CHECK(r.limits == t.limits);
    CHECK(r.attempt == 4);
    CHECK(r.times.created_at == t.created_at);
    CHECK(r.times.ended_at == now);
}

TEST_CASE("an overdue submission ends as an internal error that names the deadline") {
    domain::submission_view v;
    v.id = submission_id(uuid::time_v7(1));
    v.user_id = "bob";
    v.created_at = from_unix_ms(5);
    const auto r = notification::end_overdue(v, now);
    CHECK(r.status == domain::status::internal_error);
    CHECK(r.id == v.id);
    CHECK(r.user_id == "bob");
    CHECK(r.message.find("deadline") != std::string::npos);
}
