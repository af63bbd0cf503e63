// Small parts that several handlers share: reading query parameters and headers, and turning
// rejections and submissions into answers.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"
#include "../use_cases/accept_submission.hpp"

#include "sluice/http/message.hpp"
#include "sluice/messages/json.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sluice::submission {

inline constexpr std::chrono::seconds max_wait{30};

http::response problem_of(const rejection& no, const observe::context& ctx);
// One wrong query parameter or header: 422 with its name, what is wrong and what is allowed.
rejection wrong_field(std::string field, std::string message, std::string allowed);

quota_subject quota_subject_of(const http::request& request);
observe::context context_of(const http::request& request);
// ?wait=N, 0 when absent.
outcome<std::chrono::seconds> read_wait(const http::request& request);
// {id} of the path; a malformed one is answered like an unknown one.
outcome<submission_id> read_submission_id(const http::request& request);
// {user} of the path; nullopt: it cannot be the id of a user.
std::optional<user_id> named_user(const http::request& request);
// A whole number in [low, high], or `otherwise` when absent.
outcome<std::int64_t> read_number(
    const http::request& request,
    const std::string& name,
    std::int64_t low,
    std::int64_t high,
    std::int64_t otherwise
);
// "true" or "false"; false when absent.
outcome<bool> read_flag(const http::request& request, const std::string& name);
// The Idempotency-Key header with the digest of the body; nullopt when absent.
outcome<std::optional<idempotency>> read_idempotency(const http::request& request);
bool is_json(std::string_view content_type);

http::response not_json(const observe::context& ctx);
// Malformed JSON, an unknown field or a wrong type: 400. Well-formed but not allowed: 422.
rejection rejection_of(messages::parse_failure failure);
// The client's own correlation id when it sent one (the server checked it), else a new one.
sluice::correlation_id correlation_of(const observe::context& ctx, id_source& ids);

std::string path_of(submission_id id);
// A row of a list, without program text.
nlohmann::json summary_json(const submission_summary& s);
// The whole submission once it has ended; until then {id, correlation_id, status, created_at,
// links}.
nlohmann::json answer_of(const domain::submission_view& view);
// Of whatever accepts a submission: 201, or 200 when it replays an earlier answer.
http::response submission_answer(const accepted_submission& done);

}  // namespace sluice::submission
