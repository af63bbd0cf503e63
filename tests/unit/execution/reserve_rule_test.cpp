// When tasks are kept at hand, and when not.
#include "reserve_rule.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using sluice::execution::reserve_rule;

namespace {

void many(reserve_rule& rule, reserve_rule::duration each, int count = 40) {
    for (int i = 0; i < count; ++i)
        rule.held(each);
}

}  // namespace

TEST_CASE("a reserve is kept once many runs were short") {
    reserve_rule rule;
    rule.change(2);
    CHECK(rule.wanted() == 0);
    many(rule, 20ms, 3);
    CHECK(rule.wanted() == 0);
    many(rule, 20ms);
    CHECK(rule.wanted() == 2);
}

TEST_CASE("a reserve is given up when runs take long, and not for one of them") {
    reserve_rule rule;
    rule.change(1);
    many(rule, 20ms);
    rule.held(2s);
    CHECK(rule.wanted() == 1);
    many(rule, 2s, 3);
    CHECK(rule.wanted() == 0);
}

TEST_CASE("between short and long it stays as it is") {
    reserve_rule rule;
    rule.change(1);
    many(rule, 300ms);
    CHECK(rule.wanted() == 0);
    many(rule, 20ms);
    many(rule, 300ms);
    CHECK(rule.wanted() == 1);
}

TEST_CASE("without a reserve in the settings there is none, however short the runs") {
    reserve_rule rule;
    many(rule, 1ms);
    CHECK(rule.wanted() == 0);
    rule.change(1);
    CHECK(rule.wanted() == 1);
}
