// Where PostgreSQL is and how many connections to keep.
#pragma once

#include "sluice/core/config.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace sluice::postgres {

struct config {
    secret url{"postgresql://postgres@127.0.0.1:5432/sluice"};  // libpq URI; sslmode and
                                                                // sslrootcert go there
    std::int64_t pool_size = 8;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds acquire_timeout{2000};  // longest wait for a free connection
    std::chrono::milliseconds statement_timeout{10000};
};
void describe(config_visitor& v, config& c);

}  // namespace sluice::postgres
