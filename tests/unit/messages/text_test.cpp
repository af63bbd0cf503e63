// Base64 (RFC 4648, section 10 has the examples) and UTF-8.
#include "sluice/messages/json.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace sluice::messages;

TEST_CASE("base64 is written and read as in the RFC") {
    const std::array<std::pair<std::string, std::string>, 7> rows{{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    }};
    for (const auto& [bytes, text] : rows) {
        CHECK(base64_encode(bytes) == text);
        CHECK(base64_decode(text) == bytes);
    }
}

TEST_CASE("every byte survives base64") {
    std::string bytes;
    for (int i = 0; i < 256; ++i)
        bytes += static_cast<char>(i);
    for (std::size_t length = 250; length <= 256; ++length) {
        const auto part = bytes.substr(256 - length);
        CHECK(base64_decode(base64_encode(part)) == part);
    }
}

TEST_CASE("base64 that is not canonical is refused") {
    for (const auto* text :
         {"Zg",
          "Zg=",
          "Zg===",
          "Z===",
          "====",
          "=",
          "Zm9v\n",
          " Zm9v",
          "Zm 9v",
          "Zm9-",
          "Zm9_",
          "Zh==",
          "Zm9=",
          "Zg==Zg==",
          "Z=9v",
          "\xc3\xa4=="}) {
        INFO(text);
        CHECK_FALSE(base64_decode(text));
    }
}

TEST_CASE("valid UTF-8 is recognised at every offset") {
    const std::string samples = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf";
    for (std::size_t offset = 0; offset < 17; ++offset) {
        CHECK(is_valid_utf8(std::string(offset, 'x') + samples + "abcdefghi"));
        CHECK_FALSE(is_valid_utf8(std::string(offset, 'x') + "\xff" + std::string(20, 'x')));
    }
    CHECK(is_valid_utf8(""));
    CHECK(is_valid_utf8(std::string_view("\0", 1)));
}

TEST_CASE("bytes that are not UTF-8 are recognised") {
    for (const auto* bytes :
         {"\x80",
          "\xc0\x80",
          "\xc1\xbf",
          "\xc3",
          "\xc3(",
          "\xe0\x80\x80",
          "\xe0\x9f\xbf",
          "\xe2\x82",
          "\xed\xa0\x80",
          "\xed\xbf\xbf",
          "\xf0\x80\x80\x80",
          "\xf0\x8f\xbf\xbf",
          "\xf0\x9f\x98",
          "\xf4\x90\x80\x80",
          "\xf5\x80\x80\x80",
          "\xfe"}) {
        CHECK_FALSE(is_valid_utf8(bytes));
        CHECK_FALSE(is_valid_utf8(std::string("text ") + bytes));
    }
}
