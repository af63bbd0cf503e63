// The entries of webhooks; see operation_docs.cpp.
#include "openapi.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using http::verb;
using codes = std::vector<std::string_view>;

constexpr std::string_view text_schema = R"({"type":"string"})";

constexpr std::string_view webhook_schemas_text = R"json({
  "WebhookRequest": {
    "type": "object",
    "required": ["url"],
    "additionalProperties": false,
    "properties": {
      "url": {"type": "string", "maxLength": 2048},
      "headers": {
        "type": ["object", "null"], "maxProperties": 16,
        "additionalProperties": {"type": "string", "maxLength": 1024}
      }
    }
  },
  "Webhook": {
    "type": "object",
    "required": ["url", "header_names", "previous_secret_until", "updated_at"],
    "properties": {
      "url": {"type": ["string", "null"], "description": "null: only what comes with a callback_url is told"},
      "header_names": {"type": "array", "items": {"type": "string"}},
      "previous_secret_until": {
        "type": ["string", "null"], "format": "date-time",
        "description": "until then the secret before signs too"
      },
      "updated_at": {"type": "string", "format": "date-time"},
      "secret": {"type": "string", "description": "when it is made, and never again"}
    }
  },
  "WebhookSecret": {
    "type": "object",
    "required": ["secret"],
    "properties": {"secret": {"type": "string", "description": "shown now and never again"}}
  },
  "WebhookDelivery": {
    "type": "object",
    "required": [
      "id", "event", "submission_id", "correlation_id", "url", "status", "attempt_count",
      "next_attempt_at", "created_at", "finished_at", "links"
    ],
    "properties": {
      "id": {"type": "string", "format": "uuid", "description": "the header Sluice-Delivery"},
      "event": {"type": "string", "enum": ["submission.finished", "batch.finished"]},
      "submission_id": {"type": ["string", "null"], "format": "uuid", "description": "null: of a batch"},
      "correlation_id": {"type": "string", "format": "uuid"},
      "url": {"type": "string"},
      "status": {"type": "string", "enum": ["pending", "delivered", "failed"]},
      "attempt_count": {"type": "integer"},
      "next_attempt_at": {"type": ["string", "null"], "format": "date-time"},
      "created_at": {"type": "string", "format": "date-time"},
      "finished_at": {"type": ["string", "null"], "format": "date-time"},
      "links": {"type": "object", "properties": {"self": {"type": "string"}}},
      "attempts": {
        "type": "array",
        "description": "newest first, the last hundred; when one delivery is read",
        "items": {
          "type": "object",
          "required": ["number", "at", "duration_ms", "address", "http_status", "error", "response"],
          "properties": {
            "number": {"type": "integer"},
            "at": {"type": "string", "format": "date-time"},
            "duration_ms": {"type": "integer"},
            "address": {"type": ["string", "null"], "description": "that it was sent to"},
            "http_status": {"type": ["integer", "null"], "description": "null: no answer came"},
            "error": {"type": ["string", "null"]},
            "response": {"type": "string", "description": "the first bytes of the answer's body"}
          }
        }
      }
    }
  },
  "WebhookDeliveryPage": {
    "type": "object",
    "required": ["items", "next_cursor"],
    "properties": {
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/WebhookDelivery"}},
      "next_cursor": {"type": ["string", "null"]}
    }
  }
})json";

operation_doc operation(
    verb method,
    std::string_view path,
    std::string_view id,
    std::string_view description,
    answer_doc answer,
    codes errors
) {
    operation_doc out{method, path, id, description, {}, "", {answer}, std::move(errors)};
    for (const auto code : {"unauthorized", "forbidden", "storage_unavailable"})
        out.error_codes.emplace_back(code);
    if (path.find("{id}") == std::string_view::npos) return out;
    out.parameters.push_back({"id", "path", uuid_schema, "From the list, or Sluice-Delivery."});
    return out;
}

operation_doc set_operation() {
    auto out = operation(
        verb::put,
        "/api/v1/me/webhook",
        "set_webhook",
        "The end of every submission of yours that has no callback_url and no batch, and of every "
        "batch that has none, is told to this URL. The first time the answer holds the secret that "
        "signs what is sent.",
        {200, "It is changed.", "Webhook", json_type},
        {"invalid_json",
         "invalid_request",
         "invalid_field",
         "unsupported_media_type",
         "payload_too_large"}
    );
    out.request_schema = "WebhookRequest";
    out.answers.push_back({201, "It is made, with its secret.", "Webhook", json_type});
    return out;
}

operation_doc list_operation() {
    auto out = operation(
        verb::get,
        "/api/v1/webhook-deliveries",
        "list_deliveries",
        "What was or will be told, newest first; kept for some days (webhooks.keep).",
        {200, "A page.", "WebhookDeliveryPage", json_type},
        {"invalid_field"}
    );
    constexpr std::string_view statuses =
        R"({"type":"string","enum":["pending","delivered","failed"]})";
    constexpr std::string_view limits =
        R"({"type":"integer","minimum":1,"maximum":100,"default":20})";
    out.parameters.push_back({"submission_id", "query", uuid_schema, "Only of this submission."});
    out.parameters.push_back({"correlation_id", "query", uuid_schema, "Only with this id."});
    out.parameters.push_back({"status", "query", statuses, "Only these."});
    out.parameters.push_back({"limit", "query", limits, "Deliveries on a page."});
    out.parameters.push_back({"cursor", "query", text_schema, "next_cursor of the page before."});
    return out;
}

}  // namespace

std::vector<operation_doc> webhook_operation_docs() {
    std::vector<operation_doc> docs;
    docs.push_back(operation(
        verb::get,
        "/api/v1/me/webhook",
        "read_webhook",
        "Your webhook, without its secret and without the values of its headers.",
        {200, "The webhook.", "Webhook", json_type},
        {"not_found"}
    ));
    docs.push_back(set_operation());
    docs.push_back(operation(
        verb::delete_,
        "/api/v1/me/webhook",
        "delete_webhook",
        "Removes the URL and the headers. The secret stays, because a callback_url is signed with "
        "it too.",
        {204, "There is none any more.", "", ""},
        {}
    ));
    docs.push_back(operation(
        verb::post,
        "/api/v1/me/webhook/secret",
        "renew_webhook_secret",
        "The secret before it signs beside it for 24 hours.",
        {200, "The new secret.", "WebhookSecret", json_type},
        {"payload_too_large"}
    ));
    docs.push_back(list_operation());
    docs.push_back(operation(
        verb::get,
        "/api/v1/webhook-deliveries/{id}",
        "read_delivery",
        "One delivery with its attempts.",
        {200, "The delivery.", "WebhookDelivery", json_type},
        {"not_found"}
    ));
    docs.push_back(operation(
        verb::post,
        "/api/v1/webhook-deliveries/{id}/replay",
        "replay_delivery",
        "Sends one that was delivered or has failed again, with the same Sluice-Delivery.",
        {202, "It will be sent.", "WebhookDelivery", json_type},
        {"not_found", "conflict", "payload_too_large"}
    ));
    return docs;
}

nlohmann::json webhook_schemas() {
    return nlohmann::json::parse(webhook_schemas_text);
}

}  // namespace sluice::submission
