// The handlers of webhooks: the user's own target and secret, and the log of deliveries.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

awaitable<http::response> read_webhook(app_context& app, http::request request);
awaitable<http::response> set_webhook(app_context& app, http::request request);
awaitable<http::response> delete_webhook(app_context& app, http::request request);
awaitable<http::response> renew_webhook_secret(app_context& app, http::request request);
awaitable<http::response> list_deliveries(app_context& app, http::request request);
awaitable<http::response> read_delivery(app_context& app, http::request request);
awaitable<http::response> replay_delivery(app_context& app, http::request request);

}  // namespace sluice::submission
