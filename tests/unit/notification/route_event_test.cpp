// What a result or a progress event becomes in the user's stream.
#include "use_cases/route_event.hpp"

#include "fakes.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::notification;
using namespace sluice::notification::testing;

namespace {

domain::progress a_progress(domain::progress_kind kind) {
    domain::progress p;
    p.kind = kind;
    p.id = some_id();
    p.user_id = "alice";
    p.language = "cpp";
    p.at = from_unix_ms(1'700'000'000'000);
    return p;
}

stored_result stored(std::string output) {
    return {a_result(some_id(), std::move(output)), "3.11", true};
}

}  // namespace

TEST_CASE("the events of a submission rise in rank in the order in which they happen") {
    const auto queued = route_progress(a_progress(domain::progress_kind::queued));
    const auto running = route_progress(a_progress(domain::progress_kind::running));
    const auto compiled = route_progress(a_progress(domain::progress_kind::compiled));
    const auto finished = route_result(stored("x"), 1 << 20);
    CHECK(queued.rank < running.rank);
    CHECK(running.rank < compiled.rank);
    CHECK(compiled.rank < finished.rank);
}

TEST_CASE("a queued submission's state is queued") {
    const auto e = route_progress(a_progress(domain::progress_kind::queued));
    CHECK(e.type == "submission.queued");
    CHECK(e.status == "queued");
    CHECK_FALSE(e.is_final);
}

TEST_CASE(
    "what begins brings its queued event along, from the moment in its id, in case that is late"
) {
    auto p = a_progress(domain::progress_kind::running);
    p.id = submission_id(uuid::time_v7(1'600'000'000'000));
    const auto frame = nlohmann::json::parse(route_progress(p).queued_frame);
    CHECK(frame["type"] == "submission.queued");
    CHECK(frame["submission_id"] == p.id.to_string());
    CHECK(frame["at"] == "2020-09-13T12:26:40.000Z");
    CHECK(route_progress(a_progress(domain::progress_kind::queued)).queued_frame.empty());
    CHECK(route_progress(a_progress(domain::progress_kind::compiled)).queued_frame.empty());
}

TEST_CASE("a submission that compiled is still running") {
    CHECK(route_progress(a_progress(domain::progress_kind::compiled)).status == "running");
}

TEST_CASE("the frame of an event has its type") {
    for (const auto kind :
         {domain::progress_kind::queued,
          domain::progress_kind::running,
          domain::progress_kind::compiled}) {
        const auto e = route_progress(a_progress(kind));
        CHECK(nlohmann::json::parse(e.frame)["type"] == e.type);
    }
}

TEST_CASE("the finished frame carries the submission with its output and version") {
    const auto s = stored("hello\n");
    const auto e = route_result(s, 1 << 20);
    const auto frame = nlohmann::json::parse(e.frame);
    CHECK(e.is_final);
    CHECK(e.user_id == "alice");
    CHECK(frame["submission_id"] == s.value.id.to_string());
    CHECK(frame["data"]["id"] == s.value.id.to_string());
    CHECK(frame["data"]["stdout"] == "hello\n");
    CHECK(frame["data"]["status"] == "accepted");
    CHECK(frame["data"]["version"] == "3.11");
    CHECK_FALSE(frame["data"].contains("partial"));
}

TEST_CASE("a frame above the limit carries shortened output and says so") {
    constexpr std::size_t limit = 16 << 10;
    const auto e = route_result(stored(std::string(1 << 20, 'x')), limit);
    CHECK(e.frame.size() <= limit);
    const auto frame = nlohmann::json::parse(e.frame);
    CHECK(frame["data"]["partial"] == true);
    CHECK(frame["data"]["stdout"].get<std::string>().size() > 1000);
}

TEST_CASE("shortened output stays text: no character is cut in two") {
    std::string umlauts;
    for (int i = 0; i < 100'000; ++i)
        umlauts += "\xc3\xa4";
    const auto e = route_result(stored("a" + umlauts), 16 << 10);
    const auto frame = nlohmann::json::parse(e.frame);
    CHECK(frame["data"]["stdout_encoding"] == "utf8");
}

TEST_CASE("output that swells in JSON still fits the limit") {
    constexpr std::size_t limit = 16 << 10;
    const auto e = route_result(stored(std::string(1 << 20, '\0')), limit);
    CHECK(e.frame.size() <= limit);
}

TEST_CASE("each test of a submission is an event of its own") {
    auto p = a_progress(domain::progress_kind::test_finished);
    p.test.emplace().name = "small";
    p.test_index = 3;
    const auto e = route_progress(p);
    CHECK(e.type == "test.finished");
    CHECK(e.part == "3");
    CHECK(e.status == "running");
    CHECK(e.rank < route_result(stored("x"), 1 << 20).rank);
    CHECK(nlohmann::json::parse(e.frame)["data"]["name"] == "small");
}

TEST_CASE("the outputs of tests are shortened with the others, and so many tests are left out") {
    auto s = stored("x");
    domain::test_result test;
    test.was_run = true;
    test.run.stdout_bytes.assign(100'000, 'y');
    s.value.tests.assign(4, test);
    const auto shortened = route_result(s, 64 << 10);
    CHECK(shortened.frame.size() <= (64 << 10));
    const auto with_tests = nlohmann::json::parse(shortened.frame)["data"];
    CHECK(with_tests["partial"] == true);
    CHECK(with_tests["tests"].size() == 4);
    s.value.tests.assign(1000, test);
    const auto without = route_result(s, 64 << 10);
    CHECK(without.frame.size() <= (64 << 10));
    const auto data = nlohmann::json::parse(without.frame)["data"];
    CHECK_FALSE(data.contains("tests"));
    CHECK(data["total"]["count"] == 1000);
}

TEST_CASE("the end of a batch is an event of its owner") {
    domain::batch_view b;
    b.id = uuid::time_v7(1);
    b.user_id = "alice";
    b.size = 2;
    b.counts[domain::status::accepted] = 2;
    const auto e = route_batch(b);
    CHECK(e.type == "batch.finished");
    CHECK(e.id == submission_id(b.id));
    CHECK_FALSE(e.is_final);
    CHECK(nlohmann::json::parse(e.frame)["data"]["counts"]["accepted"] == 2);
}
