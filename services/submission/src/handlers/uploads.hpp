// The handlers of uploads: stored programs, and running them.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

awaitable<http::response> store_upload(app_context& app, http::request request);
awaitable<http::response> list_uploads(app_context& app, http::request request);
awaitable<http::response> read_upload(app_context& app, http::request request);
awaitable<http::response> read_upload_content(app_context& app, http::request request);
awaitable<http::response> delete_upload(app_context& app, http::request request);
awaitable<http::response> execute_stored(app_context& app, http::request request);

}  // namespace sluice::submission
