// Whether a program's output is what was expected: five rules, four of them pure functions of two
// texts in constant memory; the fifth is a program of the client's own (a checker), which decides
// by its exit code.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace sluice::domain {

enum class match_mode { trim, exact, tokens, floats, checker };
inline constexpr std::array all_match_modes{
    match_mode::trim,
    match_mode::exact,
    match_mode::tokens,
    match_mode::floats,
    match_mode::checker};
std::string_view to_string(match_mode m);  // "trim", "exact", "tokens", "float", "checker"
std::optional<match_mode> parse_match_mode(std::string_view text);

struct matching {
    match_mode mode = match_mode::trim;
    // Of floats: two numbers are equal when they differ by at most `absolute`, or by at most
    // `relative` times the expected one.
    double absolute = 1e-9;
    double relative = 1e-9;
    friend bool operator==(const matching&, const matching&) = default;
};

// trim: equal but for white space at line ends and empty lines at the end (the usual judge rule).
// exact: byte for byte.
// tokens: the same words in the same order, whatever white space is between them.
// floats: as tokens, but words that are both numbers are compared with the tolerance. -0 equals 0,
//   NaN equals NaN, an infinity equals only itself.
// checker: not for this function (asserted).
bool output_matches(const matching& how, std::string_view expected, std::string_view actual);

}  // namespace sluice::domain
