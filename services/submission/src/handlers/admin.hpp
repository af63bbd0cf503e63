// The administrators' handlers; routes.cpp has them all under access::admin.
#pragma once

#include "../app_context.hpp"
#include "../use_cases/order_instances.hpp"

#include "sluice/http/message.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sluice::submission {

awaitable<http::response> list_instances(app_context& app, http::request request);
awaitable<http::response> list_jobs(app_context& app, http::request request);
awaitable<http::response> list_queues(app_context& app, http::request request);
awaitable<http::response> list_audit(app_context& app, http::request request);
// Of one instance (/instances/{id}/…) or of a service (/services/{service}/…).
awaitable<http::response> pause_instances(app_context& app, http::request request);
awaitable<http::response> resume_instances(app_context& app, http::request request);
awaitable<http::response> drain_instances(app_context& app, http::request request);
awaitable<http::response> get_settings(app_context& app, http::request request);
awaitable<http::response> patch_settings(app_context& app, http::request request);

http::response admin_answer(const nlohmann::json& body);
nlohmann::json outcomes_json(const std::vector<instance_outcome>& outcomes);

}  // namespace sluice::submission
