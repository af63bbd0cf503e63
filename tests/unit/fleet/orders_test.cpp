// Orders and answers survive their way through Redis, and what is none is nothing.
#include "sluice/fleet/orders.hpp"

#include "sluice/fleet/member.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::fleet;

TEST_CASE("an order arrives as it was given") {
    order o;
    o.id = "1";
    o.what = action::check_settings;
    o.instance = "w";
    o.values = {{"log.level", "debug"}};
    o.by = "carol";
    const auto back = decode_order(encode(o));
    REQUIRE(back.has_value());
    CHECK(back->id == "1");
    CHECK(back->what == action::check_settings);
    CHECK(back->instance == "w");
    CHECK(back->values == o.values);
    CHECK(back->by == "carol");
}

TEST_CASE("an answer arrives as it was given") {
    answer a;
    a.order = "1";
    a.service = "execution";
    a.instance = "w";
    a.is_applied = true;
    a.problems = {{"low", "too low"}};
    a.changes = {{"high", "1", "2", true}};
    a.body = R"({"slots":2})";
    const auto back = decode_answer(encode(a));
    REQUIRE(back.has_value());
    CHECK(back->is_applied);
    CHECK(back->problems.at(0).message == "too low");
    CHECK(back->changes.at(0).to == "2");
    CHECK(back->body == a.body);
}

TEST_CASE("what is no order is nothing") {
    for (const char* text :
         {"",
          "1",
          "{}",
          R"({"what":"explode","values":{}})",
          R"({"what":"pause","values":{"a":1}})"}) {
        CAPTURE(text);
        CHECK_FALSE(decode_order(text).has_value());
    }
    CHECK_FALSE(decode_answer("[]").has_value());
    CHECK_FALSE(decode_values(R"({"values":[1]})").has_value());
}

TEST_CASE("an announcement says until when it holds") {
    const auto commands = announcement("execution", "w", "{}", from_unix_ms(1000));
    REQUIRE(commands.size() == 2);
    CHECK(
        commands[0] == std::vector<std::string>{"ZADD", "sluice:instances:execution", "31000", "w"}
    );
    CHECK(
        commands[1] ==
        std::vector<std::string>{"SET", "sluice:instance:execution:w", "{}", "EX", "30"}
    );
}
