// The interface that clients of an older system speak (docs/api/system-d.md): an adapter over the
// same use cases, with names and shapes of its own. compatibility.system_d takes it away.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

#include <string_view>

namespace sluice::submission {

inline constexpr std::string_view system_d_cookie = "token";

// Where the cookie of that name counts.
bool is_system_d_path(std::string_view path);

awaitable<http::response> d_register(app_context& app, http::request request);
awaitable<http::response> d_login(app_context& app, http::request request);
awaitable<http::response> d_run_code(app_context& app, http::request request);
awaitable<http::response> d_get_history(app_context& app, http::request request);
awaitable<http::response> d_get_last_request(app_context& app, http::request request);

}  // namespace sluice::submission
