// The one error type that crosses library boundaries, and result<T>, the one way to return it.
// A user's failing program is never an error: it is a status inside a value (libs/domain).
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <exception>
#include <iosfwd>
#include <string>
#include <utility>

namespace sluice {

// `code` decides what happens next; `detail` is prose for logs and never reaches a client.
struct [[nodiscard]] error {
    boost::system::error_code code;
    std::string detail;
};

// Found by boost::system::result::value() through argument-dependent lookup.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

template <class T>
using result = boost::system::result<T, error>;

// What can go wrong in any layer. Libraries add an enum of their own only for what they alone know.
enum class errc {
    timeout = 1,    // the caller's deadline passed
    unavailable,    // a server we need is away; trying again later may help
    shutting_down,  // this process drains; the work goes elsewhere
    cancelled,      // the operation was cancelled by its owner
    invalid,        // malformed input
    not_found,
    conflict,    // contradicts what is stored
    overloaded,  // a bounded queue is full
    refused,     // a server answered no (rights, constraints)
    io,          // the operating system or a protocol failed
    internal,    // a bug, reported instead of hidden
};

const boost::system::error_category& error_category() noexcept;
boost::system::error_code make_error_code(errc e) noexcept;

// Shorthand: `return fail(errc::timeout, "confirm for …")`.
inline error fail(errc e, std::string detail = {}) {
    return error{make_error_code(e), std::move(detail)};
}

// True for an error of ours with exactly this code.
inline bool operator==(const error& e, errc code) {
    return e.code == make_error_code(code);
}

// One line for a log: category, message, detail.
std::string describe(const error& e);
std::ostream& operator<<(std::ostream& out, const error& e);
// The same of a caught exception.
std::string describe(const std::exception_ptr& thrown);

}  // namespace sluice

template <>
struct boost::system::is_error_code_enum<sluice::errc> : std::true_type {};

// Returns the error of a result<…> expression from the enclosing function or coroutine.
// `expr` must not contain a braced temporary when it contains co_await (docs/style.md, C1).
#define SLUICE_TRY(expr)                                 \
    do {                                                 \
        if (auto sluice_try_r = (expr); !sluice_try_r) { \
            return std::move(sluice_try_r).error();      \
        }                                                \
    } while (false)
#define SLUICE_CO_TRY(expr)                              \
    do {                                                 \
        if (auto sluice_try_r = (expr); !sluice_try_r) { \
            co_return std::move(sluice_try_r).error();   \
        }                                                \
    } while (false)
