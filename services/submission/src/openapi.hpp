// The OpenAPI 3.1 document, made from the route table and the field tables of libs/messages. What a
// route cannot say by itself (parameters, bodies, answers) stands in operation_docs.cpp.
#pragma once

#include "sluice/http/message.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view uuid_schema = R"({"type":"string","format":"uuid"})";

struct parameter_doc {
    std::string_view name;
    std::string_view in;      // "query", "header" or "path"
    std::string_view schema;  // JSON text
    std::string_view meaning;
};

struct answer_doc {
    int status;
    std::string_view meaning;
    std::string_view schema;        // component name; empty: no JSON body
    std::string_view content_type;  // "application/json"; empty: no body
};

struct operation_doc {
    http::verb method;
    std::string_view path;
    std::string_view id;
    std::string_view description;
    std::vector<parameter_doc> parameters;
    std::string_view request_schema;  // component name; empty: no body
    std::vector<answer_doc> answers;
    std::vector<std::string_view> error_codes;  // of the catalogue
    std::string_view request_type = "application/json";
};

const std::vector<operation_doc>& operation_docs();
std::vector<operation_doc> admin_docs();  // part of them
// Schemas of this service's own answers, beside those of libs/messages.
nlohmann::json own_schemas();
nlohmann::json admin_schemas();

// Those of the job worker's interface (job_docs.cpp).
std::vector<operation_doc> job_docs();
nlohmann::json job_schemas();

// The part of both about accounts.
std::vector<operation_doc> account_operation_docs();
nlohmann::json account_schemas();

// And about webhooks.
std::vector<operation_doc> webhook_operation_docs();
nlohmann::json webhook_schemas();

// And about uploads.
std::vector<operation_doc> upload_operation_docs();
nlohmann::json upload_schemas();

// And about the cloud job service's interface.
std::vector<operation_doc> system_a_docs();
nlohmann::json system_a_schemas();

// And about history and usage.
std::vector<operation_doc> history_operation_docs();
nlohmann::json history_schemas();

// And about the older systems' interfaces.
std::vector<operation_doc> compatibility_operation_docs();
nlohmann::json compatibility_schemas();

// And about quotas.
std::vector<operation_doc> quota_operation_docs();
nlohmann::json quota_schemas();

nlohmann::json openapi_document();

}  // namespace sluice::submission
