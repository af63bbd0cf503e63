// Names, addresses and passwords, and the counting of attempts.
#include "accounts/names.hpp"

#include "accounts/attempt_counts.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission {

TEST_CASE("names are short ASCII without what could be an address, a path or a command") {
    for (const char* good : {"a", "ada", "Ada.Lovelace-1815_x", "1st"}) {
        INFO(good);
        CHECK_FALSE(name_problem(good));
    }
    for (const std::string& bad :
         {std::string(),
          std::string("a b"),
          std::string("a@b"),
          std::string("../etc"),
          std::string("a\0b", 3),
          std::string("-rf"),
          std::string("'; drop table users; --"),
          std::string("a\r\nSet-Cookie: x"),
          std::string("\xff\xfe"),
          std::string("\xc3\xa4"),
          std::string(65, 'a'),
          std::string(4096, 'a')}) {
        INFO(bad);
        CHECK(name_problem(bad));
    }
}

TEST_CASE("addresses look like addresses") {
    for (const char* good : {"a@b", "ada.l+x@example.co.uk", "o'brien@example.org"}) {
        INFO(good);
        CHECK_FALSE(email_problem(good));
    }
    for (const std::string& bad :
         {std::string("a"),
          std::string("@b"),
          std::string("a@"),
          std::string("a@b@c"),
          std::string("a b@c"),
          std::string("a@b\r\nBcc: x@y"),
          std::string("a..b@c"),
          std::string("a@-b"),
          std::string("a@b") + std::string(1, '\0'),
          std::string(250, 'a') + "@b.org",
          std::string("<a@b>")}) {
        INFO(bad);
        CHECK(email_problem(bad));
    }
}

TEST_CASE("without the strict policy a password is any text") {
    CHECK_FALSE(password_problem("test1", "test1", "", false));
    CHECK(password_problem("", "", "", false));
    CHECK(password_problem(std::string("a\0b", 3), "", "", false));
    CHECK(password_problem("\xff\xfe\xfd", "", "", false));
    CHECK(password_problem(std::string(1025, 'x'), "", "", false));
}

TEST_CASE("the strict policy refuses what is short, common, monotonous or the name") {
    for (const char* bad :
         {"short",
          "password123",
          "Password2026!",
          "passwordpassword",
          "qwertyuiop",
          "1234567890",
          "0987654321",
          "aaaaaaaaaaaa",
          "abababababab",
          "abcdefghijkl",
          "iloveyou123",
          "ada.lovelace1",
          "lovelace@example"}) {
        INFO(bad);
        CHECK(password_problem(bad, "ada.lovelace", "lovelace@example.org", true));
    }
    for (const char* good :
         {"correct horse battery",
          "kT9#vqz0!m",
          "das pferd frisst keinen gurkensalat",
          "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c "
          "\xd0\xb4\xd0\xbb\xd0\xb8\xd0\xbd\xd0\xb0"}) {
        INFO(good);
        CHECK_FALSE(password_problem(good, "ada.lovelace", "lovelace@example.org", true));
    }
}

TEST_CASE("attempts are counted by account and by address, in windows") {
    attempt_counts counts({2, 5, std::chrono::minutes(1)});
    const steady_time begin{std::chrono::hours(1)};
    CHECK(counts.attempt("ada", "1.1.1.1", begin).is_allowed);
    CHECK(counts.attempt("ada", "2.2.2.2", begin).is_allowed);
    const auto no = counts.attempt("ada", "3.3.3.3", begin + std::chrono::seconds(20));
    CHECK_FALSE(no.is_allowed);
    CHECK(no.retry_after == std::chrono::seconds(40));
    CHECK(counts.attempt("ada", "1.1.1.1", begin + std::chrono::seconds(61)).is_allowed);
}

TEST_CASE("an address over its limit cannot lock out an account") {
    attempt_counts counts({2, 2, std::chrono::minutes(1)});
    const steady_time now{std::chrono::hours(1)};
    CHECK(counts.attempt("a", "6.6.6.6", now).is_allowed);
    CHECK(counts.attempt("b", "6.6.6.6", now).is_allowed);
    for (int i = 0; i < 10; ++i)
        CHECK_FALSE(counts.attempt("ada", "6.6.6.6", now).is_allowed);
    CHECK(counts.attempt("ada", "1.1.1.1", now).is_allowed);
}

TEST_CASE("a flood of addresses does not grow the counts without bound") {
    attempt_counts counts({2, 2, std::chrono::minutes(1)});
    const steady_time now{std::chrono::hours(1)};
    for (int i = 0; i < 100'000; ++i)
        CHECK(counts.attempt("", std::to_string(i), now).is_allowed);
}

TEST_CASE("an IPv6 client counts by its network") {
    CHECK(counted_address("2001:db8::1") == counted_address("2001:db8::2:3"));
    CHECK(counted_address("2001:db8::1") != counted_address("2001:db8:0:1::1"));
    CHECK(counted_address("10.0.0.1") == "10.0.0.1");
    CHECK(counted_address("nonsense") == "nonsense");
}

}  // namespace sluice::submission
