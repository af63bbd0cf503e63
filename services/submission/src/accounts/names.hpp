// Which names, addresses and passwords an account may have. Pure.
#pragma once

#include "sluice/domain/validation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

inline constexpr std::size_t max_name_length = 64;
inline constexpr std::size_t max_email_length = 254;     // RFC 5321, 4.5.3.1.3, without the <>
inline constexpr std::size_t max_password_length = 1024;  // bytes; what is hashed is bounded
inline constexpr std::size_t min_strict_password = 10;   // characters

// What is wrong, in words; nullopt: nothing.
std::optional<std::string> name_problem(std::string_view name);
std::optional<std::string> email_problem(std::string_view email);

// How names and addresses are compared: ASCII without case. `login` is either.
std::string folded(std::string_view login);

// What is wrong with a password for the account of this name and address. Without `is_strict` only
// what no password may be: empty, too long, not UTF-8, with a NUL in it.
std::optional<std::string> password_problem(
    std::string_view password,
    std::string_view name,
    std::string_view email,
    bool is_strict
);

}  // namespace sluice::submission
