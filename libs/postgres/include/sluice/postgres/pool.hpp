// A pool of libpq connections on one io_context. Statements are prepared once per connection and
// reused. Fails at once (errc::unavailable) while the server is known to be away; a background task
// reconnects.
#pragma once

#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/postgres/config.hpp"
#include "sluice/postgres/row.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sluice::postgres {

// Codes that callers tell apart; everything else is errc::refused with the server's text in
// `detail`.
enum class postgres_errc { unique_violation = 1, serialization_failure };
const boost::system::error_category& postgres_category() noexcept;
boost::system::error_code make_error_code(postgres_errc e) noexcept;

class connection;  // internal

// Begun on acquisition; rolled back unless committed. Holds its connection until it ends.
class transaction {
public:
    transaction(transaction&&) noexcept;
    transaction& operator=(transaction&&) noexcept;
    ~transaction();
    awaitable<result<rows>> query(std::string sql, std::vector<param> params = {});
    awaitable<result<void>> commit();

private:
    friend class pool;
    struct impl;
    explicit transaction(std::unique_ptr<impl> i);
    std::unique_ptr<impl> impl_;
};

class pool {
public:
    pool(asio::any_io_executor executor, std::string name, config c);
    ~pool();

    awaitable<result<void>> connect(deadline until);  // at least one connection
    bool is_connected() const;

    // One statement in a transaction of its own. errc::unavailable, errc::timeout (acquire or
    // statement), a postgres_errc, errc::refused.
    awaitable<result<rows>> query(std::string sql, std::vector<param> params = {});
    awaitable<result<transaction>> begin();
    awaitable<void> close();

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

// Blocking: applies the numbered files "0001_name.sql" of a folder that are not yet applied, each
// in a transaction, under an advisory lock, and records them in sluice_migrations(number, name,
// sha256, applied_at). An applied file whose text changed is an error. Returns the names applied.
// For start-up commands; never on the event loop.
result<std::vector<std::string>> migrate(const config& c, const std::string& folder);

}  // namespace sluice::postgres

template <>
struct boost::system::is_error_code_enum<sluice::postgres::postgres_errc> : std::true_type {};
