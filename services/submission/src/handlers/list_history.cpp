// GET /api/v1/submissions: summaries without program text, so that a page stays small.
#include "../use_cases/list_submissions.hpp"
#include "answers.hpp"
#include "handlers.hpp"
#include "history.hpp"
#include "pages.hpp"
#include "viewed_owner.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

constexpr std::int64_t default_page = 20;
constexpr std::int64_t max_page = 100;

}  // namespace

awaitable<http::response> list_history(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto limit = read_number(request, "limit", 1, max_page, default_page);
    if (!limit) co_return problem_of(limit.error(), ctx);
    auto filter = read_filter(request, app.p);
    if (!filter) co_return problem_of(filter.error(), ctx);
    const auto size = static_cast<std::size_t>(*limit);
    const auto page =
        co_await list_submissions(ctx, app.p, viewed_user(request), std::move(*filter), size);
    if (!page) co_return problem_of(page.error(), ctx);
    const auto body = page_of(page->items, page->next_cursor, summary_json);
    co_return http::json_response(200, body.dump());
}

}  // namespace sluice::submission
