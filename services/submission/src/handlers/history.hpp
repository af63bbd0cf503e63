// History beyond reading one page: which submissions are meant, deletion, usage.
#pragma once

#include "../app_context.hpp"
#include "../rejection.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

// The query parameters of a list, cursor included.
outcome<history_filter> read_filter(const http::request& request, const ports& p);

awaitable<http::response> delete_history(app_context& app, http::request request);
awaitable<http::response> read_usage(app_context& app, http::request request);

}  // namespace sluice::submission
