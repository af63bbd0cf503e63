// Reads a batch of its owner: counts by status, and one page of its submissions.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

struct batch_page {
    domain::batch_view view;
    std::vector<batch_item> items;
    std::optional<std::string> next_cursor;
};

awaitable<outcome<batch_page>> read_batch(
    observe::context ctx,
    ports& p,
    user_id owner,
    sluice::correlation_id id,
    std::optional<std::int64_t> after,
    std::size_t limit
);

}  // namespace sluice::submission
