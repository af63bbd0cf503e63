// The handlers around accounts, sessions and API keys.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

awaitable<http::response> register_user(app_context& app, http::request request);
awaitable<http::response> sign_in_user(app_context& app, http::request request);
awaitable<http::response> sign_out(app_context& app, http::request request);
awaitable<http::response> read_session(app_context& app, http::request request);
awaitable<http::response> set_password(app_context& app, http::request request);
awaitable<http::response> list_sessions(app_context& app, http::request request);
awaitable<http::response> end_other_sessions(app_context& app, http::request request);
awaitable<http::response> end_session(app_context& app, http::request request);
awaitable<http::response> make_key(app_context& app, http::request request);
awaitable<http::response> list_keys(app_context& app, http::request request);
awaitable<http::response> revoke_key(app_context& app, http::request request);

}  // namespace sluice::submission
