// A PGresult behind the rows that are handed out; freed with the last of them.
#pragma once

#include "sluice/postgres/row.hpp"

#include <libpq-fe.h>

#include <memory>

namespace sluice::postgres {

struct result_deleter {
    void operator()(PGresult* r) const { PQclear(r); }
};
using result_ptr = std::unique_ptr<PGresult, result_deleter>;

struct row::storage {
    result_ptr result;

    // The number of the named column; a name that the statement did not return is a bug.
    int column(std::string_view name) const;
};

}  // namespace sluice::postgres
