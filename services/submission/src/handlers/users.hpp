// What administrators see of an account and may do about it.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

awaitable<http::response> read_user(app_context& app, http::request request);
awaitable<http::response> set_user_standing(app_context& app, http::request request);

}  // namespace sluice::submission
