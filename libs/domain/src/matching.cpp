// See matching.hpp. Each rule walks both texts once and keeps two views of them, so that outputs of
// any size cost no memory; white space is that of the C locale, and NUL is a character like others.
#include "sluice/domain/matching.hpp"

#include "sluice/core/assert.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace sluice::domain {
namespace {

constexpr std::string_view space_in_line = " \t\r\v\f";
constexpr std::string_view space = " \t\r\v\f\n";
// A number with more characters is compared as a word, should its value not fit a double.
constexpr std::size_t longest_number = 4096;

std::string_view without_end(std::string_view text, std::string_view characters) {
    const auto last = text.find_last_not_of(characters);
    return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

// Takes the first line off `text`.
std::string_view next_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return without_end(line, space_in_line);
}

bool lines_match(std::string_view expected, std::string_view actual) {
    expected = without_end(expected, space);
    actual = without_end(actual, space);
    while (!expected.empty() && !actual.empty()) {
        if (next_line(expected) != next_line(actual)) return false;
    }
    return expected.empty() && actual.empty();
}

// Takes the first word off `text`; empty when there is none left.
std::string_view next_word(std::string_view& text) {
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return text = {};
    text.remove_prefix(begin);
    const auto word = text.substr(0, text.find_first_of(space));
    text.remove_prefix(word.size());
    return word;
}

// from_chars says "out of range" without saying which; strtod of the same text knows.
double beyond_range(std::string_view number) {
    return std::strtod(std::string(number).c_str(), nullptr);
}

std::optional<double> number_of(std::string_view word) {
    const bool has_plus = word.size() > 1 && word.front() == '+' && word[1] != '-';
    if (has_plus) word.remove_prefix(1);
    double value = 0;
    const char* end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, value);
    if (parsed.ptr != end || parsed.ec == std::errc::invalid_argument) return std::nullopt;
    if (parsed.ec == std::errc()) return value;
    if (word.size() > longest_number) return std::nullopt;
    return beyond_range(word);
}

bool are_close(const matching& how, double expected, double actual) {
    if (std::isnan(expected) || std::isnan(actual)) {
        return std::isnan(expected) && std::isnan(actual);
    }
    if (std::isinf(expected) || std::isinf(actual)) return expected == actual;
    const double apart = std::abs(expected - actual);
    return apart <= how.absolute || apart <= how.relative * std::abs(expected);
}

bool words_are_equal(const matching& how, std::string_view expected, std::string_view actual) {
    if (expected == actual) return true;
    if (how.mode != match_mode::floats) return false;
    const auto wanted = number_of(expected);
    const auto given = number_of(actual);
    return wanted && given && are_close(how, *wanted, *given);
}

bool words_match(const matching& how, std::string_view expected, std::string_view actual) {
    for (;;) {
        const auto wanted = next_word(expected);
        const auto given = next_word(actual);
        if (wanted.empty() || given.empty()) return wanted.empty() && given.empty();
        if (!words_are_equal(how, wanted, given)) return false;
    }
}

}  // namespace

std::string_view to_string(match_mode m) {
    switch (m) {
        case match_mode::trim:
            return "trim";
        case match_mode::exact:
            return "exact";
        case match_mode::tokens:
            return "tokens";
        case match_mode::floats:
            return "float";
        case match_mode::checker:
            return "checker";
    }
    return "";
}

std::optional<match_mode> parse_match_mode(std::string_view text) {
    for (const auto mode : all_match_modes) {
        if (to_string(mode) == text) return mode;
    }
    return std::nullopt;
}

bool output_matches(const matching& how, std::string_view expected, std::string_view actual) {
    SLUICE_ASSERT(how.mode != match_mode::checker);
    switch (how.mode) {
        case match_mode::exact:
            return expected == actual;
        case match_mode::tokens:
        case match_mode::floats:
            return words_match(how, expected, actual);
        case match_mode::trim:
        case match_mode::checker:
            break;
    }
    return lines_match(expected, actual);
}

}  // namespace sluice::domain
