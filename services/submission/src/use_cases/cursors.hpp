// Where a page of a list ended. A cursor is opaque to clients: it holds the id (of a batch's items
// the index) of the last row seen, so that pages stay right while new rows arrive. Whoever lists
// asks for one row more than a page holds: it tells whether there is a next page.
#pragma once

#include "sluice/core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

std::string make_cursor(const uuid& last_seen);
std::optional<uuid> parse_cursor(std::string_view text);

std::string make_index_cursor(std::int64_t last_seen);
std::optional<std::int64_t> parse_index_cursor(std::string_view text);

// Cuts `rows` to a page; the cursor of the next one, if there is one.
template <class Row, class CursorOf>
std::optional<std::string> cut_page(std::vector<Row>& rows, std::size_t size, CursorOf cursor_of) {
    std::optional<std::string> next;
    if (rows.size() <= size) return next;
    rows.resize(size);
    next = cursor_of(rows.back());
    return next;
}

}  // namespace sluice::submission
