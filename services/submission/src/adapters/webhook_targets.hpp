// The rows that say where the end of something is told; written in the transaction that accepts it.
#pragma once

#include "../ports.hpp"

#include "sluice/postgres/pool.hpp"

#include <string>
#include <vector>

namespace sluice::submission {

struct webhook_target {
    uuid subject;  // a submission or a batch
    domain::callback callback;
};

// "whs_" and 256 random bits.
std::string make_webhook_secret();
// A JSON object.
std::string headers_text(const domain::callback& c);

// Also makes the user's secret when he has none yet, so that nothing is ever sent unsigned.
awaitable<result<void>> insert_targets(
    postgres::transaction& tx,
    user_id owner,
    std::vector<webhook_target> targets,
    wall_time at
);

}  // namespace sluice::submission
