// The entries of accounts, sessions and API keys; see operation_docs.cpp.
#include "openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using http::verb;

constexpr parameter_doc id_parameter{"id", "path", uuid_schema, "From the list."};
constexpr parameter_doc named_account{
    "user",
    "path",
    R"({"type":"string"})",
    "Its id, name or e-mail address."};

using codes = std::vector<std::string_view>;

const codes credential_errors{
    "invalid_json",
    "invalid_request",
    "unsupported_media_type",
    "invalid_field",
    "payload_too_large",
    "too_many_requests",
    "overloaded",
    "storage_unavailable"};

codes with(codes some, const codes& more) {
    some.insert(some.end(), more.begin(), more.end());
    return some;
}

operation_doc operation(
    verb method,
    std::string_view path,
    std::string_view id,
    std::string_view description,
    std::string_view request_schema,
    answer_doc answer,
    codes errors
) {
    operation_doc
        out{method, path, id, description, {}, request_schema, {answer}, std::move(errors)};
    if (path.find("{id}") != std::string_view::npos) out.parameters.push_back(id_parameter);
    return out;
}

constexpr std::string_view account_schemas_text = R"json({
  "User": {
    "type": "object",
    "required": ["id", "role"],
    "properties": {
      "id": {"type": "string"},
      "name": {"type": ["string", "null"]},
      "email": {"type": ["string", "null"]},
      "role": {"type": "string", "enum": ["user", "admin"]},
      "created_at": {"type": "string", "format": "date-time"}
    }
  },
  "RegisterRequest": {
    "type": "object",
    "required": ["password"],
    "additionalProperties": false,
    "properties": {
      "name": {"type": ["string", "null"], "maxLength": 64, "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$"},
      "email": {"type": ["string", "null"], "maxLength": 254},
      "password": {"type": "string", "minLength": 1, "maxLength": 1024}
    }
  },
  "Registered": {
    "type": "object",
    "required": ["user"],
    "properties": {"user": {"$ref": "#/components/schemas/User"}}
  },
  "SignInRequest": {
    "type": "object",
    "required": ["login", "password"],
    "additionalProperties": false,
    "properties": {
      "login": {"type": "string", "description": "user name or e-mail address"},
      "password": {"type": "string"},
      "cookie": {"type": "boolean", "default": false, "description": "the token comes as an HttpOnly cookie"}
    }
  },
  "SignedIn": {
    "type": "object",
    "required": ["user", "session_id", "expires_at"],
    "properties": {
      "user": {"$ref": "#/components/schemas/User"},
      "session_id": {"type": "string", "format": "uuid"},
      "expires_at": {"type": "string", "format": "date-time"},
      "access_token": {"type": "string", "description": "not with a cookie"},
      "token_type": {"type": "string", "const": "Bearer"}
    }
  },
  "SessionInfo": {
    "type": "object",
    "required": ["user", "session_id", "is_admin"],
    "properties": {
      "user": {"$ref": "#/components/schemas/User"},
      "session_id": {"type": ["string", "null"], "description": "null: not a session's token"},
      "is_admin": {"type": "boolean", "description": "as which this token may act"}
    }
  },
  "PasswordChange": {
    "type": "object",
    "required": ["current_password", "new_password"],
    "additionalProperties": false,
    "properties": {
      "current_password": {"type": "string"},
      "new_password": {"type": "string", "minLength": 1, "maxLength": 1024}
    }
  },
  "EndedSessions": {
    "type": "object",
    "required": ["ended_sessions"],
    "properties": {"ended_sessions": {"type": "integer"}}
  },
  "SessionList": {
    "type": "object",
    "required": ["items"],
    "properties": {
      "items": {"type": "array", "items": {
        "type": "object",
        "required": ["id", "client", "client_address", "created_at", "expires_at", "last_used_at", "is_current"],
        "properties": {
          "id": {"type": "string", "format": "uuid"},
          "client": {"type": "string", "description": "User-Agent at sign-in"},
          "client_address": {"type": "string"},
          "created_at": {"type": "string", "format": "date-time"},
          "expires_at": {"type": ["string", "null"], "format": "date-time"},
          "last_used_at": {"type": ["string", "null"], "format": "date-time", "description": "half a minute late"},
          "is_current": {"type": "boolean"}
        }
      }}
    }
  },
  "KeyRequest": {
    "type": "object",
    "required": ["name", "scopes"],
    "additionalProperties": false,
    "properties": {
      "name": {"type": "string", "minLength": 1, "maxLength": 100},
      "scopes": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["read", "submit", "admin"]}},
      "expires_at": {"type": ["string", "null"], "format": "date-time"}
    }
  },
  "ApiKey": {
    "type": "object",
    "required": ["id", "name", "scopes", "created_at", "expires_at", "last_used_at"],
    "properties": {
      "id": {"type": "string", "format": "uuid"},
      "name": {"type": "string"},
      "scopes": {"type": "array", "items": {"type": "string"}},
      "created_at": {"type": "string", "format": "date-time"},
      "expires_at": {"type": ["string", "null"], "format": "date-time"},
      "last_used_at": {"type": ["string", "null"], "format": "date-time", "description": "half a minute late"},
      "key": {"type": "string", "description": "when it is made, and never again"}
    }
  },
  "Standing": {
    "type": "object",
    "required": ["user", "disabled", "disabled_at"],
    "properties": {
      "user": {"$ref": "#/components/schemas/User"},
      "disabled": {"type": "boolean"},
      "disabled_at": {"type": ["string", "null"], "format": "date-time"}
    }
  },
  "StandingChange": {
    "type": "object",
    "required": ["disabled"],
    "additionalProperties": false,
    "properties": {"disabled": {"type": "boolean"}}
  },
  "KeyList": {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/ApiKey"}}}
  }
})json";

std::vector<operation_doc> sign_in_docs() {
    std::vector<operation_doc> docs;
    docs.push_back(operation(
        verb::post,
        "/api/v1/auth/register",
        "register",
        "Makes an account with a user name, an e-mail address, or both. Names and addresses are "
        "compared without case. Where auth.passwords.strict is on, short and trivial passwords are "
        "refused.",
        "RegisterRequest",
        {201, "The account was made.", "Registered", json_type},
        with({"forbidden", "account_exists"}, credential_errors)
    ));
    docs.push_back(operation(
        verb::post,
        "/api/v1/auth/sign-in",
        "sign_in",
        "A name or an e-mail address and a password against a session. An unknown account, a "
        "disabled one and a wrong password are answered alike, after the same time. Attempts are "
        "limited for each name and each address.",
        "SignInRequest",
        {200, "The session.", "SignedIn", json_type},
        with({"wrong_credentials", "forbidden"}, credential_errors)
    ));
    docs.push_back(operation(
        verb::post,
        "/api/v1/auth/sign-out",
        "sign_out",
        "Ends the session whose token is shown, and clears the cookie.",
        "",
        {204, "It has ended.", "", ""},
        {"unauthorized", "forbidden", "storage_unavailable"}
    ));
    docs.push_back(operation(
        verb::get,
        "/api/v1/auth/session",
        "read_session",
        "Whose token this is.",
        "",
        {200, "The caller.", "SessionInfo", json_type},
        {"unauthorized", "forbidden", "storage_unavailable"}
    ));
    docs.push_back(operation(
        verb::put,
        "/api/v1/auth/password",
        "change_password",
        "Asks for the present password. All other sessions end; API keys stay.",
        "PasswordChange",
        {200, "How many sessions ended.", "EndedSessions", json_type},
        with({"unauthorized", "wrong_credentials", "forbidden"}, credential_errors)
    ));
    return docs;
}

void add_standing(std::vector<operation_doc>& docs) {
    constexpr std::string_view path = "/api/v1/admin/users/{user}";
    const codes plain{"unauthorized", "forbidden", "not_found", "storage_unavailable"};
    const answer_doc answer{200, "As it is now.", "Standing", json_type};
    docs.push_back(operation(
        verb::get,
        path,
        "admin_read_user",
        "An account, and whether it is disabled.",
        "",
        answer,
        plain
    ));
    docs.back().parameters.push_back(named_account);
    docs.push_back(operation(
        verb::put,
        path,
        "admin_set_user",
        "A disabled account cannot sign in (it is answered as a wrong password is), its sessions "
        "and "
        "keys are refused, and the WebSocket connections that they opened are closed. Nothing is "
        "deleted: once it is enabled, all of them are good again. It is in the audit.",
        "StandingChange",
        answer,
        with(
            {"invalid_json",
             "invalid_request",
             "invalid_field",
             "unsupported_media_type",
             "payload_too_large",
             "conflict"},
            plain
        )
    ));
    docs.back().parameters.push_back(named_account);
}

}  // namespace

std::vector<operation_doc> account_operation_docs() {
    std::vector<operation_doc> docs = sign_in_docs();
    const codes plain{"unauthorized", "forbidden", "storage_unavailable"};
    docs.push_back(operation(
        verb::get,
        "/api/v1/auth/sessions",
        "list_sessions",
        "Your sessions, newest first.",
        "",
        {200, "All of them.", "SessionList", json_type},
        plain
    ));
    docs.push_back(operation(
        verb::delete_,
        "/api/v1/auth/sessions",
        "end_other_sessions",
        "Ends every session of yours but this one.",
        "",
        {200, "How many there were.", "EndedSessions", json_type},
        plain
    ));
    docs.push_back(operation(
        verb::delete_,
        "/api/v1/auth/sessions/{id}",
        "end_session",
        "Ends one session of yours. Another user's id is answered as an unknown one.",
        "",
        {204, "It has ended.", "", ""},
        with({"not_found"}, plain)
    ));
    docs.push_back(operation(
        verb::post,
        "/api/v1/auth/keys",
        "create_key",
        "A token for a program of yours. read: look at things; submit: run programs and everything "
        "else that changes something; admin: what administrators may. The key is shown in this "
        "answer and never again.",
        "KeyRequest",
        {201, "The key.", "ApiKey", json_type},
        with(
            {"invalid_json",
             "invalid_request",
             "invalid_field",
             "unsupported_media_type",
             "payload_too_large",
             "conflict"},
            plain
        )
    ));
    docs.push_back(operation(
        verb::get,
        "/api/v1/auth/keys",
        "list_keys",
        "Your keys, newest first, without the tokens themselves.",
        "",
        {200, "All of them.", "KeyList", json_type},
        plain
    ));
    docs.push_back(operation(
        verb::delete_,
        "/api/v1/auth/keys/{id}",
        "revoke_key",
        "It stops working at once here, and within two seconds everywhere.",
        "",
        {204, "It was revoked.", "", ""},
        with({"not_found"}, plain)
    ));
    add_standing(docs);
    return docs;
}

nlohmann::json account_schemas() {
    return nlohmann::json::parse(account_schemas_text);
}

}  // namespace sluice::submission
