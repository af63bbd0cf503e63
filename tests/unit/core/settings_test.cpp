// The list of settings, what may change of them, and copying that alone.
#include "sluice/core/settings.hpp"

#include <catch2/catch.hpp>

using namespace sluice;

namespace {

struct inner {
    byte_size size = 1_MiB;
    std::vector<std::string> names{"a"};
};
void describe(config_visitor& v, inner& c) {
    v.live().field("size", c.size, "a size");
    v.field("names", c.names, "some names");
}

struct sample {
    std::int64_t count = 3;
    secret password{"x"};
    std::map<std::string, std::string> maxima;
    inner in;
};
void describe(config_visitor& v, sample& c) {
    v.live().field("count", c.count, "a number", {.minimum = 1, .maximum = 9});
    v.live().field("password", c.password, "a secret");
    v.live().field("maxima", c.maxima, "a map");
    v.section("in", c.in, "more");
}

describe_fn of(sample& c) {
    return [&c](config_visitor& v) { describe(v, c); };
}

}  // namespace

TEST_CASE("settings are listed by their whole names, secrets without their values") {
    sample c;
    const auto all = list_settings(of(c));
    REQUIRE(all.size() == 5);
    CHECK(all[0].name == "count");
    CHECK(all[0].shown == "3");
    CHECK(all[0].is_live);
    CHECK(all[1].shown == "\"***\"");
    CHECK(all[1].is_secret);
    CHECK(all[3].name == "in.size");
    CHECK(all[3].shown == "\"1MiB\"");
    CHECK(all[4].name == "in.names");
    CHECK_FALSE(all[4].is_live);
}

TEST_CASE("differences name each setting with both values, and a changed secret without them") {
    sample before;
    sample after;
    after.count = 4;
    after.password.value = "y";
    after.in.names.clear();
    const auto changes = differences(of(before), of(after));
    REQUIRE(changes.size() == 3);
    CHECK(changes[0].name == "count");
    CHECK(changes[0].from == "3");
    CHECK(changes[0].to == "4");
    CHECK(changes[1].to == "\"***\"");
    CHECK(changes[2].name == "in.names");
    CHECK_FALSE(changes[2].is_live);
}

TEST_CASE("only live fields are copied") {
    sample from;
    sample to;
    from.count = 7;
    from.maxima["m"] = "1";
    from.in.size = 2_MiB;
    from.in.names = {"b"};
    copy_live(of(from), of(to));
    CHECK(to.count == 7);
    CHECK(to.maxima.at("m") == "1");
    CHECK(to.in.size == 2_MiB);
    CHECK(to.in.names == std::vector<std::string>{"a"});
}

TEST_CASE("the reference page marks what is live") {
    sample c;
    const std::string page = config_reference(of(c));
    CHECK(page.find("(live) a size") != std::string::npos);
    CHECK(page.find("(live) some names") == std::string::npos);
    CHECK(environment_variable("in.size") == "SLUICE__IN__SIZE");
}
