// The public face of the pool and its transactions; pool_core.cpp does the work.
#include "sluice/postgres/pool.hpp"

#include "pool_core.hpp"

#include "sluice/core/assert.hpp"

namespace sluice::postgres {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "postgres"; }
    std::string message(int value) const override {
        switch (static_cast<postgres_errc>(value)) {
            case postgres_errc::unique_violation:
                return "a row with this key exists";
            case postgres_errc::serialization_failure:
                return "collided with another transaction";
        }
        return "unknown error " + std::to_string(value);
    }
};

}  // namespace

const boost::system::error_category& postgres_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(postgres_errc e) noexcept {
    return {static_cast<int>(e), postgres_category()};
}

struct pool::impl : pool_core {
    using pool_core::pool_core;
};

struct transaction::impl {
    std::shared_ptr<pool_core> core;
    lease held;
    bool is_begun = false;
};

transaction::transaction(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
transaction::transaction(transaction&&) noexcept = default;
transaction& transaction::operator=(transaction&&) noexcept = default;
transaction::~transaction() = default;

awaitable<result<rows>> transaction::query(std::string sql, std::vector<param> params) {
    impl& t = *impl_;
    SLUICE_ASSERT(t.held);  // not after commit()
    const bool begin = !std::exchange(t.is_begun, true);
    return t.core->run(t.held, std::move(sql), std::move(params), begin);
}

awaitable<result<void>> transaction::commit() {
    impl& t = *impl_;
    SLUICE_ASSERT(t.held);
    // A name on this frame, so that the connection goes back however this ends.
    const lease held = std::move(t.held);
    if (!t.is_begun) co_return result<void>();
    if (!held->is_usable()) co_return fail(errc::unavailable, "the connection broke");
    const bool had_failed = held->has_failed_transaction();
    auto done = co_await held->run("COMMIT", {}, false);
    if (!done) co_return done.error();
    // COMMIT of a failed transaction succeeds and rolls back.
    if (had_failed) co_return fail(errc::refused, "rolled back: a statement of it had failed");
    co_return result<void>();
}

pool::pool(asio::any_io_executor executor, std::string name, config c)
    : impl_(std::make_shared<impl>(std::move(executor), std::move(name), std::move(c))) {}

pool::~pool() {
    impl_->abandon();
}

awaitable<result<void>> pool::connect(deadline until) {
    return impl_->connect(until);
}

bool pool::is_connected() const {
    return impl_->is_connected();
}

awaitable<result<rows>> pool::query(std::string sql, std::vector<param> params) {
    auto core = impl_;
    auto held = co_await core->acquire();
    if (!held) co_return held.error();
    co_return co_await core->run(*held, std::move(sql), std::move(params), false);
}

awaitable<result<transaction>> pool::begin() {
    auto core = impl_;
    auto held = co_await core->acquire();
    if (!held) co_return held.error();
    auto i = std::make_unique<transaction::impl>(core, std::move(*held));
    co_return transaction(std::move(i));
}

awaitable<void> pool::close() {
    return impl_->close();
}

}  // namespace sluice::postgres
