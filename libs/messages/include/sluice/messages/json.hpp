// The JSON of HTTP bodies and WebSocket frames, read and written from one field table per message
// (name, type, bounds, default), which also gives the field errors and the OpenAPI schemas.
#pragma once

#include "sluice/domain/language.hpp"
#include "sluice/domain/submission.hpp"
#include "sluice/domain/validation.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::messages {

// POST /api/v1/submissions. `malformed` is set (and nothing else) when the text is not a JSON
// object: 400 invalid_json; problems with code unknown_field or wrong_type are 400 too, the rest
// 422 (house.md, 4.11). Base64 is decoded here; text is stored as bytes.
struct parse_failure {
    std::string malformed;
    std::vector<domain::input_problem> problems;
};
std::variant<domain::submit_request, parse_failure> parse_submit_request(std::string_view body);
// POST /api/v1/batches and POST /api/v1/comparisons, by the same rules.
std::variant<domain::batch_request, parse_failure> parse_batch_request(std::string_view body);
std::variant<domain::comparison_request, parse_failure> parse_comparison_request(
    std::string_view body
);

// POST /api/v1/uploads/{id}/execute: a submission whose program is stored already. An empty body is
// an empty object.
struct execute_request {
    domain::submit_request request;  // without files; its language may be empty
    std::string main_file;           // of an archive; empty: not said
};
std::variant<execute_request, parse_failure> parse_execute_request(std::string_view body);

// {id, correlation_id, status, created_at, language, version, limits, links, …} and, once finished,
// every field of the result. Program text is a string with a sibling <name>_encoding: "utf8", or
// "base64" when it is not valid UTF-8.
nlohmann::json to_json(const domain::submission_view& v);
nlohmann::json to_json(const domain::batch_view& b);  // without its items
nlohmann::json to_json(const domain::limits& l);
// GET /api/v1/limits; `max_batch_items` 0: not said.
nlohmann::json limits_document(const domain::limit_policy& p, std::size_t max_batch_items = 0);
nlohmann::json
to_json(const domain::language& l, const std::optional<domain::language_availability>& a);

// A frame for the user's event stream, without event_id (the stream's id is put in when it is
// sent):
// {"type":"submission.finished","submission_id":…,"correlation_id":…,"at":…,"data":{…}}.
nlohmann::json queued_frame(const domain::progress& p);
nlohmann::json running_frame(const domain::progress& p);
nlohmann::json compiled_frame(const domain::progress& p);
nlohmann::json test_frame(const domain::progress& p);
nlohmann::json finished_frame(const domain::submission_view& v, wall_time at);
nlohmann::json batch_frame(const domain::batch_view& b);

// What notification sends to a node's channel: which user, which event, the frame's text.
struct routed_event {
    std::string user_id;
    std::string event_id;
    std::string frame;  // JSON text without event_id
};
std::string encode_routed_event(const routed_event& e);
std::optional<routed_event> decode_routed_event(std::string_view text);
// Puts "event_id" into a frame's text without parsing it again.
std::string with_event_id(std::string_view frame, std::string_view event_id);

// What a worker tells of itself in Redis.
struct worker_report {
    std::string worker_id;
    std::int64_t slots = 0;
    std::vector<domain::language_availability> languages;
};
std::string encode_worker_report(const worker_report& r);
std::optional<worker_report> decode_worker_report(std::string_view text);

// JSON Schemas by name ("SubmitRequest", "Submission", "Limits", "Language", "Problem", …) for the
// OpenAPI document.
nlohmann::json json_schemas();

// RFC 4648; decode refuses anything but canonical base64 (padding required, no white space).
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
bool is_valid_utf8(std::string_view bytes);

}  // namespace sluice::messages
