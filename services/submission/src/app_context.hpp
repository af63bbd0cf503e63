// What every handler gets: the ports, and the answers that never change while the service runs.
#pragma once

#include "accounts/ports.hpp"
#include "admin_ports.hpp"
#include "identity.hpp"
#include "ports.hpp"
#include "quotas/quota_desk.hpp"
#include "uploads/upload_ports.hpp"
#include "webhook_ports.hpp"

#include "sluice/http/cookies.hpp"
#include "sluice/runtime/blocking_pool.hpp"

#include <string>

namespace sluice::submission {

struct config;
class system_a_store;

struct app_context {
    ports& p;
    std::string websocket_url;
    std::string limits_json;
    std::string openapi_json;
    std::string docs_html;
    account_ports* accounts = nullptr;
    http::cookie_form cookies = {};
    std::vector<std::string> trusted_origins = {};
    submission_owners* owners = nullptr;
    password_login* login = nullptr;  // null: there are no accounts
    admin_ports* admin = nullptr;
    webhook_store* webhooks = nullptr;
    upload_ports* uploads = nullptr;
    system_a_store* system_a = nullptr;
    runtime::blocking_pool* computing = nullptr;  // what would hold the loop
    quota_desk* quotas = nullptr;
};

// With the ports and what follows from the configuration; everything else is for the caller to add.
app_context make_context(ports& p, const config& c);
std::string limits_json(const ports& p);

}  // namespace sluice::submission
