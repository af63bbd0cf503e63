// Pages for a browser (docs/api/system-e.md): sign in, run a program, see what came of it, pushed
// over the WebSocket where scripts run and as a page where they do not. compatibility.system_e
// takes them away.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

#include <string_view>

namespace sluice::submission {

// Who shows no session there is sent to the login page.
inline constexpr std::string_view run_page_path = "/run";
inline constexpr std::string_view login_page_path = "/login";

awaitable<http::response> e_login_page(app_context& app, http::request request);
awaitable<http::response> e_login(app_context& app, http::request request);
awaitable<http::response> e_run_page(app_context& app, http::request request);
awaitable<http::response> e_run(app_context& app, http::request request);
awaitable<http::response> e_script(app_context& app, http::request request);
awaitable<http::response> e_logout(app_context& app, http::request request);

}  // namespace sluice::submission
