// The entries of quotas and of mail; see operation_docs.cpp.
#include "openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

constexpr std::string_view quota_schemas_text = R"json({
  "Quota": {
    "type": "object",
    "required": ["name", "scope", "maximum", "used", "left", "renews_at"],
    "properties": {
      "name": {
        "type": "string",
        "enum": ["requests_per_second", "submissions_in_flight", "cpu_seconds_per_day", "stored_bytes"]
      },
      "scope": {"type": "string", "enum": ["user", "key"], "description": "key: of the API key alone"},
      "maximum": {"type": ["integer", "null"], "description": "null: no limit"},
      "used": {"type": "integer"},
      "left": {"type": ["integer", "null"]},
      "renews_at": {
        "type": ["string", "null"], "format": "date-time",
        "description": "null: as submissions end, or as things are deleted"
      }
    }
  },
  "MyQuotas": {
    "type": "object",
    "required": ["user_id", "limits"],
    "properties": {
      "user_id": {"type": "string"},
      "limits": {"type": "array", "items": {"$ref": "#/components/schemas/Quota"}}
    }
  },
  "QuotaValues": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "requests_per_second": {"type": ["integer", "null"], "minimum": 0},
      "submissions_in_flight": {"type": ["integer", "null"], "minimum": 0},
      "cpu_seconds_per_day": {"type": ["integer", "null"], "minimum": 0},
      "stored_bytes": {"type": ["integer", "null"], "minimum": 0}
    },
    "description": "0: no limit; null or absent: as the configuration says"
  },
  "MailWish": {
    "type": "object",
    "additionalProperties": false,
    "properties": {"when_done": {"type": "boolean"}}
  },
  "MailSetting": {
    "type": "object",
    "required": ["available", "when_done", "address"],
    "properties": {
      "available": {"type": "boolean", "description": "mail is sent from here"},
      "when_done": {"type": "boolean"},
      "address": {"type": ["string", "null"], "description": "of the account"}
    }
  },
  "UserQuotas": {
    "type": "object",
    "required": ["user_id", "defaults", "overrides", "limits"],
    "properties": {
      "user_id": {"type": "string"},
      "defaults": {"$ref": "#/components/schemas/QuotaValues"},
      "overrides": {"$ref": "#/components/schemas/QuotaValues"},
      "limits": {"type": "array", "items": {"$ref": "#/components/schemas/Quota"}}
    }
  }
})json";

operation_doc quota_operation(
    http::verb method,
    std::string_view path,
    std::string_view id,
    std::string_view description,
    std::string_view schema
) {
    operation_doc
        out{method, path, id, description, {}, "", {{200, "The quotas.", schema, json_type}}, {}};
    for (const auto code : {"unauthorized", "forbidden", "storage_unavailable"})
        out.error_codes.emplace_back(code);
    if (path.find("{user}") == std::string_view::npos) return out;
    out.parameters.push_back({"user", "path", R"({"type":"string"})", "The id of a user."});
    out.error_codes.emplace_back("not_found");
    return out;
}

void add_mail(std::vector<operation_doc>& docs) {
    constexpr std::string_view path = "/api/v1/me/mail";
    docs.push_back(quota_operation(
        http::verb::get,
        path,
        "read_mail",
        "Whether a mail tells you of every submission that is not of a batch, and of every batch.",
        "MailSetting"
    ));
    docs.back().answers.front().meaning = "As it is set.";
    docs.push_back(quota_operation(
        http::verb::put,
        path,
        "set_mail",
        "From now on. The address is your account's as it is now.",
        "MailSetting"
    ));
    docs.back().answers.front().meaning = "As it is set.";
    docs.back().request_schema = "MailWish";
    for (const auto code :
         {"invalid_json",
          "invalid_request",
          "invalid_field",
          "unsupported_media_type",
          "payload_too_large"})
        docs.back().error_codes.emplace_back(code);
}

}  // namespace

std::vector<operation_doc> quota_operation_docs() {
    constexpr std::string_view of_user = "/api/v1/admin/users/{user}/quotas";
    std::vector<operation_doc> docs;
    docs.push_back(quota_operation(
        http::verb::get,
        "/api/v1/me/quotas",
        "read_my_quotas",
        "Each limit with what is used of it, and those of the API key that asks.",
        "MyQuotas"
    ));
    docs.back().error_codes.emplace_back("too_many_requests");
    docs.push_back(quota_operation(
        http::verb::get,
        of_user,
        "admin_read_quotas",
        "What the configuration says, what was set for this user, and what is in force and used.",
        "UserQuotas"
    ));
    docs.push_back(quota_operation(
        http::verb::put,
        of_user,
        "admin_set_quotas",
        "Takes the place of all that was set for this user. All instances go by it within a "
        "second. "
        "It is in the audit.",
        "UserQuotas"
    ));
    docs.back().request_schema = "QuotaValues";
    for (const auto code :
         {"invalid_json",
          "invalid_request",
          "invalid_field",
          "unsupported_media_type",
          "payload_too_large"})
        docs.back().error_codes.emplace_back(code);
    docs.push_back(quota_operation(
        http::verb::delete_,
        of_user,
        "admin_reset_quotas",
        "As the configuration says again.",
        "UserQuotas"
    ));
    add_mail(docs);
    return docs;
}

nlohmann::json quota_schemas() {
    return nlohmann::json::parse(quota_schemas_text);
}

}  // namespace sluice::submission
