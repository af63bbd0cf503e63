// Names the PostgreSQL settings for files, environment and the reference page.
#include "sluice/postgres/config.hpp"

namespace sluice::postgres {

void describe(config_visitor& v, config& c) {
    v.field(
        "url",
        c.url,
        "libpq URI, postgresql://user:password@host:port/database?sslmode=verify-full"
    );
    v.field(
        "pool_size",
        c.pool_size,
        "connections kept open by each process",
        {.minimum = 1, .maximum = 256}
    );
    v.field("connect_timeout", c.connect_timeout, "longest wait for one connection to be made");
    v.field("acquire_timeout", c.acquire_timeout, "longest wait for a free connection of the pool");
    v.field("statement_timeout", c.statement_timeout, "the server ends a longer statement");
}

}  // namespace sluice::postgres
