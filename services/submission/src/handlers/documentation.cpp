// What never changes while the service runs: the limits and the description of the API.
#include "handlers.hpp"

namespace sluice::submission {

awaitable<http::response> read_limits(app_context& app, http::request) {
    co_return http::json_response(200, app.limits_json);
}

awaitable<http::response> read_openapi(app_context& app, http::request) {
    co_return http::json_response(200, app.openapi_json);
}

awaitable<http::response> read_docs(app_context& app, http::request) {
    http::response page;
    page.headers.set("Content-Type", "text/html; charset=utf-8");
    // The page has styles of its own and nothing else; it may load nothing.
    page.headers.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    page.headers.set("X-Content-Type-Options", "nosniff");
    page.body = app.docs_html;
    co_return page;
}

awaitable<http::response> redirect_to_docs(app_context&, http::request) {
    http::response answer;
    answer.status = 302;
    answer.headers.set("Location", "/docs");
    co_return answer;
}

}  // namespace sluice::submission
