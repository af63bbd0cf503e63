// A user's history, newest first, page by page.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

struct submission_page {
    std::vector<submission_summary> items;
    std::optional<std::string> next_cursor;
};

awaitable<outcome<submission_page>> list_submissions(
    observe::context ctx,
    ports& p,
    user_id owner,
    history_filter filter,
    std::size_t limit
);

}  // namespace sluice::submission
