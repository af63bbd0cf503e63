// The handlers of the route table. Each does five things in order: parse, validate, call the use
// case, map the error, build the answer.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

awaitable<http::response> submit(app_context& app, http::request request);
awaitable<http::response> submit_comparison(app_context& app, http::request request);
awaitable<http::response> submit_batch(app_context& app, http::request request);
awaitable<http::response> get_batch(app_context& app, http::request request);
awaitable<http::response> get_submission(app_context& app, http::request request);
awaitable<http::response> cancel(app_context& app, http::request request);
awaitable<http::response> list_history(app_context& app, http::request request);
awaitable<http::response> list_languages(app_context& app, http::request request);
awaitable<http::response> read_limits(app_context& app, http::request request);
awaitable<http::response> create_ticket(app_context& app, http::request request);
awaitable<http::response> job_login(app_context& app, http::request request);
awaitable<http::response> schedule_job(app_context& app, http::request request);
awaitable<http::response> search_job(app_context& app, http::request request);
awaitable<http::response> read_openapi(app_context& app, http::request request);
awaitable<http::response> read_docs(app_context& app, http::request request);
awaitable<http::response> redirect_to_docs(app_context& app, http::request request);

}  // namespace sluice::submission
