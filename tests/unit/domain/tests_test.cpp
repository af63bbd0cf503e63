// What many tests amount to.
#include "sluice/domain/tests.hpp"

#include <catch2/catch.hpp>

using namespace sluice::domain;

namespace {

test_result ended(status s, std::int64_t weight = 1, std::int64_t us = 10) {
    test_result t;
    t.weight = weight;
    t.was_run = true;
    t.run.status = s;
    t.run.cpu_us = us;
    t.run.wall_us = 2 * us;
    t.run.memory_peak_bytes = 3 * us;
    return t;
}

}  // namespace

TEST_CASE("the total counts tests, adds up weights and keeps the worst") {
    std::vector<test_result> tests{
        ended(status::accepted, 3, 50),
        ended(status::wrong_answer, 5, 20),
        ended(status::accepted, 0, 10)};
    tests.emplace_back();
    const auto total = total_of(tests);
    CHECK(total.count == 4);
    CHECK(total.passed == 2);
    CHECK(total.failed == 1);
    CHECK(total.not_run == 1);
    CHECK(total.weight == 9);
    CHECK(total.weight_passed == 3);
    CHECK(total.worst_cpu_us == 50);
    CHECK(total.worst_wall_us == 100);
    CHECK(total.worst_memory_peak_bytes == 150);
}

TEST_CASE("the first failure is the first that ran and was not accepted") {
    std::vector<test_result> tests{ended(status::accepted)};
    tests.emplace_back();
    CHECK(first_failure(tests) == nullptr);
    tests.push_back(ended(status::time_limit));
    tests.push_back(ended(status::wrong_answer));
    REQUIRE(first_failure(tests) == &tests[2]);
    CHECK(first_failure({}) == nullptr);
}
