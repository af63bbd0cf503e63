// The rules that compare outputs, each with what it forgives and what it does not.
#include "sluice/domain/matching.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace sluice::domain;
using namespace std::string_view_literals;

namespace {

bool trim(std::string_view expected, std::string_view actual) {
    return output_matches({match_mode::trim}, expected, actual);
}
bool exact(std::string_view expected, std::string_view actual) {
    return output_matches({match_mode::exact}, expected, actual);
}
bool tokens(std::string_view expected, std::string_view actual) {
    return output_matches({match_mode::tokens}, expected, actual);
}
bool floats(
    std::string_view expected,
    std::string_view actual,
    double abs = 1e-6,
    double rel = 1e-6
) {
    return output_matches({match_mode::floats, abs, rel}, expected, actual);
}

}  // namespace

TEST_CASE("every mode has a name that is read back") {
    for (const auto mode : all_match_modes)
        CHECK(parse_match_mode(to_string(mode)) == mode);
    CHECK_FALSE(parse_match_mode("floats"));
    CHECK_FALSE(parse_match_mode(""));
}

TEST_CASE("trim forgives space at line ends and empty lines at the end, and nothing else") {
    CHECK(trim("a\nb\n", "a\nb"));
    CHECK(trim("a\nb", "a  \r\nb\t\n\n\n"));
    CHECK(trim("", "\n \n"));
    CHECK(trim("\n\na", "\n\na"));
    CHECK_FALSE(trim("a", " a"));
    CHECK_FALSE(trim("a\nb", "a\n\nb"));
    CHECK_FALSE(trim("a b", "a  b"));
    CHECK_FALSE(trim("a", "a\nb"));
    CHECK_FALSE(trim("a\nb", "a"));
    CHECK_FALSE(trim("a", ""));
    CHECK_FALSE(trim("", "a"));
}

TEST_CASE("trim takes the line ends of Windows for those of everybody else") {
    CHECK(trim("1\r\n2\r\n", "1\n2\n"));
    CHECK(trim("1\n2", "1\r\n2\r\n"));
    CHECK_FALSE(trim("1\r2", "1\n2"));
}

TEST_CASE("NUL is a character like others, to every rule") {
    CHECK(trim("\0a"sv, "\0a"sv));
    CHECK_FALSE(trim("\0a"sv, "\0b"sv));
    CHECK_FALSE(trim("a"sv, "a\0"sv));
    CHECK(exact("a\0b"sv, "a\0b"sv));
    CHECK_FALSE(exact("a"sv, "a\0"sv));
    CHECK(tokens("a\0b  c"sv, "a\0b c"sv));
    CHECK_FALSE(tokens("a\0b"sv, "a b"sv));
    CHECK_FALSE(floats("1"sv, "1\0"sv));
}

TEST_CASE("bytes that are no UTF-8 are compared as they are") {
    CHECK(trim("\xff\xfe\n"sv, "\xff\xfe"sv));
    CHECK_FALSE(tokens("\xff"sv, "\xfe"sv));
}

TEST_CASE("exact forgives nothing") {
    CHECK(exact("", ""));
    CHECK(exact("a\r\n", "a\r\n"));
    CHECK_FALSE(exact("a\n", "a"));
    CHECK_FALSE(exact("a\r\n", "a\n"));
    CHECK_FALSE(exact("a ", "a"));
}

TEST_CASE("tokens are the same words in the same order, whatever lies between") {
    CHECK(tokens("1 2 3", "1\n2\t3\r\n"));
    CHECK(tokens("", " \n"));
    CHECK(tokens("  a", "a"));
    CHECK_FALSE(tokens("1 2 3", "1 2"));
    CHECK_FALSE(tokens("1 2", "1 2 3"));
    CHECK_FALSE(tokens("12", "1 2"));
    CHECK_FALSE(tokens("a", "A"));
    CHECK_FALSE(tokens("1.0", "1"));
}

TEST_CASE("floats are equal within the absolute or the relative tolerance") {
    CHECK(floats("1.0", "1"));
    CHECK(floats("0.1", "0.1000009", 1e-6, 0));
    CHECK_FALSE(floats("0.1", "0.100002", 1e-6, 0));
    CHECK(floats("1000000", "1000000.9", 0, 1e-6));
    CHECK_FALSE(floats("1000000", "1000002", 0, 1e-6));
    CHECK(floats("0", "0.0000001", 1e-6, 0));
    CHECK_FALSE(floats("0", "0.0000001", 0, 1e-6));
    CHECK(floats("2", "2", 0, 0));
}

TEST_CASE("a number may be written in any way that a number is") {
    CHECK(floats("100", "1e2"));
    CHECK(floats("100", "+1E+2"));
    CHECK(floats("0.5", ".5"));
    CHECK(floats("5", "5."));
    CHECK(floats("-1", "-1.0"));
    CHECK_FALSE(floats("16", "0x10"));
    CHECK_FALSE(floats("1", "1,0"));
    CHECK_FALSE(floats("1", "+-1"));
    CHECK_FALSE(floats("1", "--1"));
    CHECK_FALSE(floats("1", "1abc"));
    CHECK_FALSE(floats("1", "-"));
}

TEST_CASE("minus zero is zero") {
    CHECK(floats("0", "-0", 0, 0));
    CHECK(floats("-0.0", "0", 0, 0));
    CHECK_FALSE(tokens("0", "-0"));
}

TEST_CASE("NaN is NaN and an infinity only itself") {
    CHECK(floats("nan", "NaN"));
    CHECK(floats("nan", "-nan"));
    CHECK_FALSE(floats("nan", "1", 1e9, 1e9));
    CHECK_FALSE(floats("1", "nan", 1e9, 1e9));
    CHECK(floats("inf", "Infinity"));
    CHECK_FALSE(floats("inf", "-inf", 1e300, 1e300));
    CHECK_FALSE(floats("inf", "1e308", 1e300, 1e300));
    CHECK_FALSE(floats("1e308", "inf", 1e300, 1e300));
}

TEST_CASE("what fits no double is as good as infinite, or as zero") {
    CHECK(floats("1e999", "inf"));
    CHECK(floats("0", "1e-999", 0, 0));
    CHECK(floats("0", "0." + std::string(500, '0') + "1", 0, 0));
    CHECK_FALSE(floats("1e999", "-1e999"));
    // Nobody means a number of this length; it is a word.
    const std::string long_number = "1" + std::string(10'000, '0');
    CHECK(floats(long_number, long_number));
    CHECK_FALSE(floats(long_number, long_number + "0"));
}

TEST_CASE("in floats, words that are no numbers must be the same") {
    CHECK(floats("Case #1: 0.5", "Case #1: 0.50"));
    CHECK_FALSE(floats("Case #1: 0.5", "case #1: 0.5"));
    CHECK_FALSE(floats("YES", "1"));
    CHECK_FALSE(floats("1 2", "1"));
}

TEST_CASE("a huge line costs one pass") {
    const std::string line(64 << 20, 'x');
    CHECK(trim(line, line + "\n"));
    CHECK_FALSE(trim(line, line + "y"));
    CHECK(tokens(line, " " + line));
    CHECK_FALSE(floats(line, line + "x"));
}

TEST_CASE("many words cost one pass and no memory") {
    std::string words;
    words.reserve(32 << 20);
    while (words.size() < (32 << 20))
        words += "1 ";
    CHECK(tokens(words, words));
    CHECK(floats(words, words + "\n"));
    CHECK_FALSE(tokens(words, words + "1"));
}

TEST_CASE("many empty lines at the end cost one pass") {
    const std::string lines(32 << 20, '\n');
    CHECK(trim(lines, ""));
    CHECK_FALSE(trim(lines + "a", "a"));
}
