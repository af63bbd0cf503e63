// A user's history, newest first, page by page. The cursor is opaque to clients: it holds the id of
// the last submission seen, so pages stay right while new submissions arrive.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

struct submission_page {
    std::vector<submission_summary> items;
    std::optional<std::string> next_cursor;
};

std::string make_cursor(submission_id last_seen);
std::optional<submission_id> parse_cursor(std::string_view text);

awaitable<outcome<submission_page>> list_submissions(
    observe::context ctx,
    ports& p,
    user_id owner,
    history_filter filter,
    std::size_t limit
);

}  // namespace sluice::submission
