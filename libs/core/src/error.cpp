// Texts of the common error codes, and how an error looks in a log line.
#include "sluice/core/error.hpp"

#include <boost/system/system_error.hpp>

#include <ostream>

namespace sluice {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "sluice"; }
    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::timeout:
                return "the deadline passed";
            case errc::unavailable:
                return "a needed server is away";
            case errc::shutting_down:
                return "this process is shutting down";
            case errc::cancelled:
                return "cancelled by its owner";
            case errc::invalid:
                return "malformed input";
            case errc::not_found:
                return "not found";
            case errc::conflict:
                return "contradicts what is stored";
            case errc::overloaded:
                return "a bounded queue is full";
            case errc::refused:
                return "refused by the server";
            case errc::io:
                return "input or output failed";
            case errc::internal:
                return "internal error";
        }
        return "unknown error " + std::to_string(value);
    }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

void throw_exception_from_error(const error& e, const boost::source_location& where) {
    throw boost::system::system_error(
        boost::system::error_code(e.code, &where),
        e.detail.empty() ? "error" : e.detail
    );
}

std::string describe(const error& e) {
    std::string text = e.code.category().name();
    text += ": ";
    text += e.code.message();
    if (!e.detail.empty()) {
        text += ": ";
        text += e.detail;
    }
    return text;
}

std::ostream& operator<<(std::ostream& out, const error& e) {
    return out << describe(e);
}

std::string describe(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace sluice
