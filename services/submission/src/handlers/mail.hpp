// GET and PUT /api/v1/me/mail.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

awaitable<http::response> read_mail(app_context& app, http::request request);
awaitable<http::response> set_mail(app_context& app, http::request request);

}  // namespace sluice::submission
