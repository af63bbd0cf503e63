// The OpenAPI entries of the cloud job service's interface; see operation_docs.cpp.
#include "../openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using http::verb;
using system_a_codes = std::vector<std::string_view>;

constexpr std::string_view multipart_type = "multipart/form-data";

constexpr std::string_view system_a_schemas_text = R"json({
  "SystemASign": {
    "type": "object",
    "required": ["formFields"],
    "properties": {
      "formFields": {
        "type": "array",
        "items": {
          "type": "object",
          "required": ["id", "value"],
          "properties": {"id": {"type": "string", "enum": ["email", "password"]}, "value": {"type": "string"}}
        }
      }
    }
  },
  "SystemASigned": {
    "type": "object",
    "required": ["status"],
    "properties": {
      "status": {"type": "string", "enum": ["OK", "FIELD_ERROR", "WRONG_CREDENTIALS_ERROR"]},
      "user": {
        "type": "object",
        "properties": {"id": {"type": "string"}, "email": {"type": "string"}, "timeJoined": {"type": "integer"}}
      },
      "formFields": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {"id": {"type": "string"}, "error": {"type": "string"}}
        }
      }
    }
  },
  "SystemASession": {
    "type": "object",
    "required": ["sessionHandle", "userId", "accessTokenPayload"],
    "properties": {
      "sessionHandle": {"type": ["string", "null"]},
      "userId": {"type": "string"},
      "accessTokenPayload": {"type": "object"}
    }
  },
  "SystemAUploadForm": {
    "type": "object",
    "required": ["programFile", "programLanguage"],
    "properties": {
      "programFile": {"type": "string", "contentMediaType": "application/octet-stream"},
      "inputs": {"type": "string", "description": "given on stdin"},
      "programLanguage": {"type": "string", "description": "py, cpp, c, java, or any id or alias"}
    }
  },
  "SystemAExecuteForm": {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer", "description": "of an upload"}}
  },
  "SystemANumber": {
    "type": "object",
    "required": ["id", "message"],
    "properties": {"id": {"type": "integer"}, "message": {"type": "string"}}
  },
  "SystemAJobs": {
    "type": "object",
    "required": ["jobs"],
    "properties": {
      "jobs": {
        "type": "array",
        "description": "the newest hundred, newest first",
        "items": {
          "type": "object",
          "properties": {
            "id": {"type": "integer"},
            "upload": {"type": "integer"},
            "job_status": {"type": "string", "enum": ["suspend", "executed"]},
            "output": {"type": ["string", "null"]},
            "execute_status": {"type": "string", "enum": ["in progress", "done"]},
            "execute_date": {"type": ["string", "null"], "format": "date-time"}
          }
        }
      }
    }
  },
  "SystemAUploads": {
    "type": "object",
    "required": ["uploads"],
    "properties": {
      "uploads": {
        "type": "array",
        "description": "the newest five hundred, newest first",
        "items": {
          "type": "object",
          "properties": {
            "id": {"type": "integer"},
            "email": {"type": "string"},
            "inputs": {"type": "string"},
            "program_language": {"type": "string"},
            "is_enable": {"type": "boolean"}
          }
        }
      }
    }
  }
})json";

operation_doc system_a_operation(
    verb method,
    std::string_view path,
    std::string_view id,
    std::string_view description,
    std::string_view schema,
    system_a_codes errors
) {
    const answer_doc answer{200, "As the cloud job service answers.", schema, json_type};
    operation_doc out{method, path, id, description, {}, "", {answer}, std::move(errors)};
    out.error_codes.emplace_back("storage_unavailable");
    return out;
}

operation_doc sign_operation(std::string_view path, std::string_view id, std::string_view text) {
    auto out = system_a_operation(
        verb::post,
        path,
        id,
        text,
        "SystemASigned",
        {"invalid_request", "forbidden", "payload_too_large", "too_many_requests", "overloaded"}
    );
    out.request_schema = "SystemASign";
    return out;
}

operation_doc upload_form_operation() {
    auto out = system_a_operation(
        verb::post,
        "/api/upload",
        "system_a_upload",
        "Stores a program with what it will read; the id is a whole number.",
        "SystemANumber",
        {"unauthorized",
         "forbidden",
         "invalid_request",
         "invalid_field",
         "unsupported_media_type",
         "payload_too_large",
         "request_timeout",
         "overloaded"}
    );
    out.request_schema = "SystemAUploadForm";
    out.request_type = multipart_type;
    return out;
}

operation_doc execute_form_operation() {
    auto out = system_a_operation(
        verb::post,
        "/api/execute",
        "system_a_execute",
        "Queues an upload and answers the job's id. An upload runs once, unless is_enable is set "
        "again.",
        "SystemANumber",
        {"unauthorized",
         "forbidden",
         "invalid_request",
         "invalid_field",
         "unsupported_media_type",
         "not_found",
         "conflict",
         "language_unavailable",
         "queue_unavailable",
         "service_paused"}
    );
    out.request_schema = "SystemAExecuteForm";
    out.request_type = multipart_type;
    return out;
}

}  // namespace

std::vector<operation_doc> system_a_docs() {
    std::vector<operation_doc> docs;
    docs.push_back(sign_operation(
        "/api/auth/signup",
        "system_a_sign_up",
        "Makes an account and signs in; the session is a cookie."
    ));
    docs.push_back(sign_operation(
        "/api/auth/signin",
        "system_a_sign_in",
        "Signs in; the session is a cookie. A wrong password is told by `status`."
    ));
    docs.push_back(system_a_operation(
        verb::get,
        "/api/session/info",
        "system_a_session",
        "Whose session this is.",
        "SystemASession",
        {"unauthorized"}
    ));
    docs.push_back(system_a_operation(
        verb::get,
        "/api/signout",
        "system_a_sign_out",
        "Ends the session.",
        "SystemASigned",
        {"unauthorized", "forbidden"}
    ));
    docs.push_back(upload_form_operation());
    docs.push_back(execute_form_operation());
    docs.push_back(system_a_operation(
        verb::get,
        "/api/jobs/status",
        "system_a_jobs",
        "Your jobs and what came of them.",
        "SystemAJobs",
        {"unauthorized"}
    ));
    docs.push_back(system_a_operation(
        verb::get,
        "/api/uploads/info",
        "system_a_uploads",
        "Your uploads.",
        "SystemAUploads",
        {"unauthorized"}
    ));
    return docs;
}

nlohmann::json system_a_schemas() {
    return nlohmann::json::parse(system_a_schemas_text);
}

}  // namespace sluice::submission
