// Statements about history that more than one adapter needs.
#pragma once

#include "../history_ports.hpp"

#include "sluice/postgres/pool.hpp"

#include <string>
#include <vector>

namespace sluice::submission {

struct query_text {
    std::string sql;
    std::vector<postgres::param> params;
};

// Rows as summary_of() reads them, newest first. Only what narrows stands in the text, so that the
// planner sees which index serves it; there are 32 different texts.
query_text list_query(user_id owner, history_filter filter, std::size_t limit);

// Nothing when there are none.
awaitable<result<void>> insert_words(
    postgres::transaction& tx,
    user_id owner,
    submission_id id,
    std::vector<std::string> words
);

// The smallest id of a moment.
uuid first_id_of(wall_time time);

}  // namespace sluice::submission
