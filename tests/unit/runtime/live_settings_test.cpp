// A new configuration takes effect whole or not at all.
#include "sluice/runtime/live_settings.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace sluice;
using namespace sluice::runtime;

namespace live_settings_test {

struct sample {
    std::int64_t low = 1;
    std::int64_t high = 10;
    std::string place = "here";
    secret password{"x"};
};
void describe(config_visitor& v, sample& c) {
    v.live().field("low", c.low, "", {.minimum = 0, .maximum = 100});
    v.live().field("high", c.high, "", {.minimum = 0, .maximum = 100});
    v.field("place", c.place, "");
    v.live().field("password", c.password, "");
}
std::vector<std::string> unfit_settings(const sample& c) {
    if (c.low <= c.high) return {};
    return {"low is above high"};
}

// A configuration in force, with a file behind it.
struct world {
    world() { write("low: 1\n"); }
    ~world() { std::filesystem::remove(file); }
    void write(const std::string& text) const { std::ofstream(file) << text; }
    live_settings make(std::map<std::string, std::string> environment = {}) {
        live_settings::source s;
        s.file = file;
        s.environment = std::move(environment);
        s.current = [this](config_visitor& v) { describe(v, now); };
        s.make_candidate = make_candidate<sample>;
        s.on_applied = [this](const std::vector<setting_change>& changes) {
            applied += changes.size();
        };
        return live_settings(std::move(s));
    }
    std::string file = std::filesystem::temp_directory_path() /
                       ("sluice-live-" + std::to_string(::getpid()) + ".yaml");
    sample now;
    std::size_t applied = 0;
};

TEST_CASE("a good file takes effect, and what needs a restart is named and kept") {
    world w;
    auto live = w.make();
    w.write("low: 5\nplace: there\n");
    const auto verdict = live.reload("test");
    CHECK(verdict.is_good());
    REQUIRE(verdict.applied.size() == 1);
    CHECK(verdict.applied[0].name == "low");
    REQUIRE(verdict.needs_restart.size() == 1);
    CHECK(verdict.needs_restart[0].name == "place");
    CHECK(w.now.low == 5);
    CHECK(w.now.place == "here");
    CHECK(w.applied == 1);
}

TEST_CASE("a file with one mistake changes nothing, and every mistake is told") {
    world w;
    auto live = w.make();
    w.write("low: 5\nhigh: many\nhihg: 7\n");
    const auto verdict = live.reload("test");
    CHECK(verdict.problems.size() == 2);
    CHECK(w.now.low == 1);
    CHECK(w.applied == 0);
}

TEST_CASE("values that contradict each other are refused whole") {
    world w;
    auto live = w.make();
    w.write("low: 20\n");
    CHECK_FALSE(live.reload("test").is_good());
    CHECK(w.now.low == 1);
}

TEST_CASE("a file that is gone changes nothing") {
    world w;
    auto live = w.make();
    std::filesystem::remove(w.file);
    CHECK_FALSE(live.reload("test").is_good());
    CHECK(w.now.low == 1);
}

TEST_CASE("an administrator's value goes over file and environment, and away again") {
    world w;
    auto live = w.make({{"SLUICE__HIGH", "30"}});
    CHECK(live.set_overrides({{"high", "50"}}, "test").is_good());
    CHECK(w.now.high == 50);
    w.write("low: 40\n");
    CHECK(live.reload("test").is_good());
    CHECK(w.now.low == 40);
    CHECK(w.now.high == 50);
    const auto refused = live.set_overrides({}, "test");
    CHECK_FALSE(refused.is_good());  // low 40 would be above high 30
    CHECK(w.now.high == 50);
    w.write("low: 2\n");
    live.reload("test");
    CHECK(live.set_overrides({}, "test").is_good());
    CHECK(w.now.high == 30);
}

TEST_CASE("a check tells what would change and changes nothing") {
    world w;
    auto live = w.make();
    const auto verdict = live.check({{"low", "3"}});
    REQUIRE(verdict.applied.size() == 1);
    CHECK(verdict.applied[0].from == "1");
    CHECK(verdict.applied[0].to == "3");
    CHECK(w.now.low == 1);
    CHECK(live.overrides().empty());
}

TEST_CASE("each problem of an override names its setting") {
    world w;
    auto live = w.make();
    const auto verdict = live.check({{"low", "x"}, {"high", "1000"}});
    REQUIRE(verdict.problems.size() == 2);
    CHECK(verdict.problems[0].setting == "low");
    CHECK(verdict.problems[1].setting == "high");
    CHECK(live.check({{"low", "50"}}).problems[0].setting == "low");
}

TEST_CASE("secrets, unknown names and what needs a restart cannot be overridden") {
    world w;
    auto live = w.make();
    const auto verdict = live.check({{"password", "y"}, {"place", "there"}, {"plcae", "x"}});
    CHECK(verdict.problems.size() == 3);
}

TEST_CASE("the digest follows the values") {
    world w;
    auto live = w.make();
    const std::string before = live.digest();
    CHECK(before.size() == 16);
    live.set_overrides({{"high", "11"}}, "test");
    CHECK(live.digest() != before);
    live.set_overrides({}, "test");
    CHECK(live.digest() == before);
}

}  // namespace live_settings_test
