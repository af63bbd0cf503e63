// Lists that come in pages: ?cursor= says where one begins, next_cursor where the next one does.
#pragma once

#include "../use_cases/cursors.hpp"
#include "answers.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {

rejection foreign_cursor();

// ?cursor= as `parse` reads it; nullopt when absent: the first page. 422 when it is none of ours.
template <class Parse>
auto read_cursor(const http::request& request, Parse parse)
    -> outcome<decltype(parse(std::string_view()))> {
    decltype(parse(std::string_view())) out;
    const auto given = request.query.find("cursor");
    if (given == request.query.end()) return out;
    out = parse(given->second);
    if (!out) return foreign_cursor();
    return out;
}

// {"items": […], "next_cursor": …}; `to_json` shows one row.
template <class Rows, class ToJson>
nlohmann::json
page_of(const Rows& rows, const std::optional<std::string>& next_cursor, ToJson to_json) {
    nlohmann::json out;
    out["items"] = nlohmann::json::array();
    for (const auto& row : rows)
        out["items"].push_back(to_json(row));
    out["next_cursor"] = nullptr;
    if (next_cursor) out["next_cursor"] = *next_cursor;
    return out;
}

}  // namespace sluice::submission
