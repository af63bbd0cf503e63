// The sandbox's own error category.
#include "sluice/sandbox/run.hpp"

namespace sluice::sandbox {

namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "sluice.sandbox"; }
    std::string message(int value) const override {
        switch (static_cast<sandbox_errc>(value)) {
            case sandbox_errc::setup_failed:
                return "a set-up step of the sandbox failed";
            case sandbox_errc::slot_died:
                return "the slot manager ended";
            case sandbox_errc::unsafe_host:
                return "this host cannot enforce the sandbox";
        }
        return "unknown sandbox error";
    }
};

}  // namespace

const boost::system::error_category& sandbox_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(sandbox_errc e) noexcept {
    return {static_cast<int>(e), sandbox_category()};
}

}  // namespace sluice::sandbox
