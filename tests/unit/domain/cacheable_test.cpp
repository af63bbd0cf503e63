// Which results answer others like them.
#include "sluice/domain/cacheable.hpp"

#include <catch2/catch.hpp>

namespace sluice::domain {
namespace {

run_result with(status s, limit_kind k = limit_kind::none) {
    run_result r;
    r.status = s;
    r.limit_hit = k;
    return r;
}

}  // namespace

TEST_CASE("verdicts that come out the same again are kept") {
    for (const auto s :
         {status::accepted, status::wrong_answer, status::compile_error, status::runtime_error}) {
        CHECK(is_cacheable(with(s)));
    }
    CHECK(is_cacheable(with(status::output_limit, limit_kind::output)));
}

TEST_CASE("verdicts of time, memory, cancels and our own errors are not") {
    for (const auto s :
         {status::time_limit,
          status::memory_limit,
          status::process_limit,
          status::cancelled,
          status::internal_error}) {
        CHECK_FALSE(is_cacheable(with(s)));
    }
    CHECK_FALSE(is_cacheable(with(status::runtime_error, limit_kind::wall_time)));
    CHECK_FALSE(is_cacheable(with(status::accepted, limit_kind::memory)));
}

TEST_CASE("one test that ran out of time keeps the whole from being kept") {
    auto r = with(status::wrong_answer);
    r.tests.resize(2);
    r.tests[0].was_run = true;
    r.tests[0].run.status = status::accepted;
    CHECK(is_cacheable(r));
    r.tests[1].was_run = true;
    r.tests[1].run.status = status::time_limit;
    CHECK_FALSE(is_cacheable(r));
}

TEST_CASE("a compiler that was killed says nothing about the program") {
    auto r = with(status::compile_error);
    r.compile = compile_report{};
    CHECK(is_cacheable(r));
    r.compile->signal = 9;
    CHECK_FALSE(is_cacheable(r));
}

TEST_CASE("what was answered from the cache is not kept anew") {
    auto r = with(status::accepted);
    r.original_run_at = from_unix_ms(1);
    CHECK_FALSE(is_cacheable(r));
}

}  // namespace sluice::domain
