// Ids of events and where a session begins.
#include "stream_id.hpp"

#include <catch2/catch.hpp>

using namespace sluice::websocket;

namespace {

stream_id id(std::uint64_t ms, std::uint64_t sequence = 0) {
    return {ms, sequence};
}

// Ids 100 to 200, of which those below 150 were trimmed away.
stream_facts trimmed() {
    stream_facts f;
    f.exists = true;
    f.last_generated = id(200);
    f.is_trimmed = true;
    f.first = id(150);
    return f;
}
stream_facts whole() {
    stream_facts f = trimmed();
    f.is_trimmed = false;
    f.first = id(100);
    return f;
}

}  // namespace

TEST_CASE("an id is two numbers with a dash") {
    CHECK(stream_id::parse("1763696761250-3") == id(1763696761250, 3));
    CHECK(stream_id::parse("0-0") == id(0, 0));
    CHECK(
        stream_id::parse("18446744073709551615-18446744073709551615") == id(UINT64_MAX, UINT64_MAX)
    );
}

TEST_CASE("anything else is no id") {
    for (const char* text :
         {"",
          "-",
          "1",
          "1-",
          "-1",
          "a-1",
          "1-b",
          "1-2-3",
          " 1-2",
          "1-2 ",
          "+1-2",
          "01-2",
          "1--2",
          "18446744073709551616-0",
          "$",
          "+",
          "1.5-0"}) {
        INFO(text);
        CHECK_FALSE(stream_id::parse(text));
    }
}

TEST_CASE("an id is printed as it was read") {
    CHECK(id(7, 9).to_string() == "7-9");
}

TEST_CASE("ids are ordered by number, not by text") {
    CHECK(id(9) < id(10));
    CHECK(id(9, 9) < id(9, 10));
}

TEST_CASE("without an id a session begins at the stream's end") {
    const auto start = find_start(std::nullopt, false, whole());
    CHECK(start.from == id(200));
    CHECK_FALSE(start.resync);
}

TEST_CASE("a malformed id begins at the stream's end and asks for a resync") {
    const auto start = find_start(std::nullopt, true, whole());
    CHECK(start.from == id(200));
    CHECK(start.resync);
}

TEST_CASE("a kept id begins after it") {
    const auto start = find_start(id(170), false, trimmed());
    CHECK(start.from == id(170));
    CHECK_FALSE(start.resync);
}

TEST_CASE("an id that was trimmed past asks for a resync and gets what there is") {
    const auto start = find_start(id(120), false, trimmed());
    CHECK(start.from == id(120));
    CHECK(start.resync);
}

TEST_CASE("the oldest id that is kept misses nothing") {
    CHECK_FALSE(find_start(id(150), false, trimmed()).resync);
}

TEST_CASE("a client with nothing yet gets the whole stream") {
    CHECK_FALSE(find_start(id(0), false, whole()).resync);
    CHECK(find_start(id(0), false, whole()).from == id(0));
}

TEST_CASE("a client with nothing yet misses what was trimmed") {
    CHECK(find_start(id(0), false, trimmed()).resync);
}

TEST_CASE("an id from the future is not believed: live events would be dropped for ever") {
    const auto start = find_start(id(UINT64_MAX, UINT64_MAX), false, whole());
    CHECK(start.from == id(200));
    CHECK(start.resync);
}

TEST_CASE("an id of a stream that is gone asks for a resync") {
    const auto start = find_start(id(170), false, stream_facts{});
    CHECK(start.from == id(0));
    CHECK(start.resync);
}

TEST_CASE("a new user with nothing yet needs no resync") {
    CHECK_FALSE(find_start(id(0), false, stream_facts{}).resync);
    CHECK_FALSE(find_start(std::nullopt, false, stream_facts{}).resync);
}

TEST_CASE("an id from before the stream began anew asks for a resync") {
    CHECK(find_start(id(50), false, whole()).resync);
}
