// Reading /etc/subuid: what is written there by hand decides which host ids an escape would have.
#include "id_map.hpp"

#include <catch2/catch.hpp>

using namespace sluice::sandbox;

namespace {

// As "first+count", or nothing.
std::string found(std::string_view text, unsigned count = 4, unsigned wanted = 200000) {
    const auto range = find_id_range(text, "runner", "991", count, wanted);
    return range ? std::to_string(range->first) + "+" + std::to_string(range->count) : "";
}

}  // namespace

TEST_CASE("the range of a user is found by name and by number") {
    CHECK(found("daemon:100000:65536\nrunner:300000:65536\n") == "300000+4");
    CHECK(found("991:300000:4\n") == "300000+4");
    CHECK(found("runner:300000:4") == "300000+4");
}

TEST_CASE("somebody else's range is not taken") {
    CHECK(found("").empty());
    CHECK(found("daemon:100000:65536\n").empty());
    CHECK(found("runner2:100000:65536\nrunne:100000:65536\n9910:100000:65536\n").empty());
    CHECK(found(":100000:65536\n").empty());
}

TEST_CASE("a range that is too small is passed over") {
    CHECK(found("runner:300000:3\n").empty());
    CHECK(found("runner:300000:3\nrunner:400000:4\n") == "400000+4");
}

TEST_CASE("the wanted ids are taken where the user has them, else the first of his own") {
    CHECK(found("runner:100000:65536\nrunner:199999:65536\n") == "200000+4");
    CHECK(found("runner:100000:65536\n", 4, 100010) == "100010+4");
    CHECK(found("runner:199999:4\n") == "199999+4");
    CHECK(found("runner:199997:6\n", 4, 200000) == "199997+4");
}

TEST_CASE("a range that begins at 0 or leaves 32 bits is never used") {
    CHECK(found("runner:0:65536\n").empty());
    CHECK(found("runner:0:4294967294\n").empty());
    CHECK(found("runner:-5:65536\n").empty());
    CHECK(found("runner:4294967290:16\n").empty());
    CHECK(found("runner:99999999999999999999:16\n").empty());
    CHECK(found("runner:4294967290:4\n") == "4294967290+4");
}

TEST_CASE("a line that is no range is passed over") {
    CHECK(found("runner\nrunner:\nrunner:300000\nrunner:x:4\nrunner:300000:y\n").empty());
    CHECK(found("# runner:1:2\n\nrunner:300000:4\n") == "300000+4");
}
