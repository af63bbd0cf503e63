// Accounts and tokens as JSON.
#pragma once

#include "../accounts/ports.hpp"

#include "sluice/http/message.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sluice::submission {

nlohmann::json json_of(const account& who);
nlohmann::json json_of(const listed_token& key);
nlohmann::json session_json(const listed_token& session, std::string_view current);

// No cache keeps it.
http::response private_json(unsigned status, const nlohmann::json& body);

}  // namespace sluice::submission
