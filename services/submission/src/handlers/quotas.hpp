// GET /api/v1/me/quotas, and a user's quotas as administrators see and change them.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

awaitable<http::response> read_my_quotas(app_context& app, http::request request);
awaitable<http::response> read_user_quotas(app_context& app, http::request request);
awaitable<http::response> set_user_quotas(app_context& app, http::request request);
awaitable<http::response> reset_user_quotas(app_context& app, http::request request);

}  // namespace sluice::submission
