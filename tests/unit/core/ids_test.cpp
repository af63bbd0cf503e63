// UUIDs: text form, versions, order, and that they differ.
#include "sluice/core/ids.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <thread>
#include <unordered_set>
#include <vector>

using sluice::submission_id;
using sluice::uuid;

TEST_CASE("a UUID is printed in lower case and parsed in both") {
    const auto id = uuid::parse("0190A7C4-1234-7abc-8DEF-00112233aabb");
    REQUIRE(id);
    CHECK(id->to_string() == "0190a7c4-1234-7abc-8def-00112233aabb");
    CHECK(id->version() == 7);
    CHECK(uuid::parse(id->to_string()) == id);
}

TEST_CASE("only the canonical form of a UUID is parsed") {
    for (const char* text :
         {"",
          "0190a7c412347abc8def00112233aabb",
          "{0190a7c4-1234-7abc-8def-00112233aabb}",
          "0190a7c4-1234-7abc-8def-00112233aab",
          "0190a7c4-1234-7abc-8def-00112233aabbc",
          "0190a7c4-1234-7abc-8def-00112233aabg",
          "0190a7c4x1234-7abc-8def-00112233aabb",
          "0190a7c41-234-7abc-8def-00112233aabb"}) {
        INFO(text);
        CHECK_FALSE(uuid::parse(text));
    }
}

TEST_CASE("the default UUID is nil") {
    CHECK(uuid().is_nil());
    CHECK(uuid().to_string() == "00000000-0000-0000-0000-000000000000");
    CHECK_FALSE(uuid::random_v4().is_nil());
}

TEST_CASE("random UUIDs carry version 4, the RFC's variant, and differ") {
    std::set<uuid> seen;
    for (int i = 0; i < 1000; ++i) {
        const uuid id = uuid::random_v4();
        CHECK(id.version() == 4);
        CHECK((id.bytes()[8] & 0xc0U) == 0x80U);
        seen.insert(id);
    }
    CHECK(seen.size() == 1000);
}

TEST_CASE("a time UUID holds its milliseconds in the first 48 bits") {
    const std::int64_t ms = 0x0190'a7c4'1234;
    const uuid id = uuid::time_v7(ms);
    CHECK(id.version() == 7);
    CHECK((id.bytes()[8] & 0xc0U) == 0x80U);
    CHECK(id.to_string().substr(0, 13) == "0190a7c4-1234");
}

TEST_CASE("time UUIDs of one millisecond sort in the order they were made") {
    const std::int64_t ms = 4'000'000'000'000;
    uuid last = uuid::time_v7(ms);
    for (int i = 0; i < 10'000; ++i) {
        const uuid next = uuid::time_v7(ms);
        REQUIRE(last < next);
        last = next;
    }
}

TEST_CASE("time UUIDs sort by their time") {
    CHECK(uuid::time_v7(5'000'000'000'000) < uuid::time_v7(5'000'000'000'001));
}

TEST_CASE("a clock that steps back makes no id twice") {
    std::set<uuid> seen;
    for (const std::int64_t ms : {6'000'000'000'005, 6'000'000'000'004, 6'000'000'000'005}) {
        seen.insert(uuid::time_v7(ms));
    }
    CHECK(seen.size() == 3);
}

TEST_CASE("time UUIDs made by several threads all differ") {
    std::vector<std::vector<uuid>> made(4);
    std::vector<std::thread> threads;
    for (auto& mine : made) {
        threads.emplace_back([&mine] {
            for (int i = 0; i < 2000; ++i)
                mine.push_back(uuid::time_v7(7'000'000'000'000));
        });
    }
    for (auto& thread : threads)
        thread.join();
    std::unordered_set<uuid> all;
    for (const auto& mine : made)
        all.insert(mine.begin(), mine.end());
    CHECK(all.size() == 8000);
}

TEST_CASE("ids with different tags are different types") {
    STATIC_REQUIRE_FALSE(std::is_convertible_v<submission_id, sluice::correlation_id>);
    const auto id = submission_id::parse("0190a7c4-1234-7abc-8def-00112233aabb");
    REQUIRE(id);
    CHECK(id->to_string() == "0190a7c4-1234-7abc-8def-00112233aabb");
    CHECK_FALSE(submission_id::parse("nonsense"));
}
