// No decisions about submissions here, only about text.
#include "answers.hpp"

#include "sluice/core/digest.hpp"
#include "sluice/http/problem.hpp"
#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace sluice::submission {
namespace {

constexpr std::size_t max_key_length = 255;
constexpr std::size_t longest_user_id = 256;

bool is_printable_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// Rounded, as in the whole submission.
std::int64_t to_ms(std::int64_t us) {
    return (us + 500) / 1000;
}

}  // namespace

http::response problem_of(const rejection& no, const observe::context& ctx) {
    std::vector<http::field_problem> errors;
    errors.reserve(no.problems.size());
    for (const auto& p : no.problems) {
        errors.push_back({p.field, p.code, p.message, p.allowed});
    }
    const http::problem_member more{no.member_name, no.member_json};
    auto answer =
        http::problem(no.code, no.detail, ctx, std::move(errors), no.retry_after_seconds, more);
    for (const auto& [name, value] : no.headers)
        answer.headers.set(name, value);
    return answer;
}

rejection wrong_field(std::string field, std::string message, std::string allowed) {
    rejection no = reject("invalid_field", "'" + field + "' is not acceptable");
    no.problems.push_back({std::move(field), "malformed", std::move(message), std::move(allowed)});
    return no;
}

quota_subject quota_subject_of(const http::request& request) {
    return {request.user_id, uuid::parse(request.key_id)};
}

observe::context context_of(const http::request& request) {
    observe::context ctx = request.ctx;
    ctx.user_id = request.user_id;
    return ctx;
}

std::optional<user_id> named_user(const http::request& request) {
    const auto found = request.params.find("user");
    if (found == request.params.end() || found->second.size() > longest_user_id ||
        !messages::is_valid_utf8(found->second)) {
        return std::nullopt;
    }
    return found->second;
}

outcome<std::int64_t> read_number(
    const http::request& request,
    const std::string& name,
    std::int64_t low,
    std::int64_t high,
    std::int64_t otherwise
) {
    const auto found = request.query.find(name);
    if (found == request.query.end()) return otherwise;
    const std::string& text = found->second;
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec == std::errc() && parsed.ptr == end && value >= low && value <= high) {
        return value;
    }
    return wrong_field(
        name,
        "must be a whole number in the allowed range",
        std::to_string(low) + " to " + std::to_string(high)
    );
}

outcome<bool> read_flag(const http::request& request, const std::string& name) {
    const auto found = request.query.find(name);
    if (found == request.query.end() || found->second == "false") return false;
    if (found->second == "true") return true;
    return wrong_field(name, "is neither true nor false", "true or false");
}

outcome<std::chrono::seconds> read_wait(const http::request& request) {
    const auto seconds = read_number(request, "wait", 0, max_wait.count(), 0);
    if (!seconds) return seconds.error();
    return std::chrono::seconds(*seconds);
}

outcome<submission_id> read_submission_id(const http::request& request) {
    const auto given = request.params.find("id");
    const auto id = submission_id::parse(given == request.params.end() ? "" : given->second);
    if (!id) return reject("not_found", "no submission of yours has this id");
    return *id;
}

outcome<std::optional<idempotency>> read_idempotency(const http::request& request) {
    std::optional<idempotency> out;
    if (!request.headers.contains("Idempotency-Key")) return out;
    const std::string key(request.headers.get("Idempotency-Key"));
    if (key.empty() || key.size() > max_key_length || !is_printable_ascii(key)) {
        return wrong_field(
            "Idempotency-Key",
            "this header is empty, too long, or holds characters that are not allowed",
            "1 to 255 printable ASCII characters"
        );
    }
    out = idempotency{key, sha256(request.body)};
    return out;
}

bool is_json(std::string_view content_type) {
    std::string type(content_type.substr(0, content_type.find(';')));
    while (!type.empty() && type.back() == ' ')
        type.pop_back();
    for (char& c : type)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return type == "application/json";
}

std::string path_of(submission_id id) {
    return "/api/v1/submissions/" + id.to_string();
}

nlohmann::json answer_of(const domain::submission_view& view) {
    if (domain::is_terminal(view.status)) return messages::to_json(view);
    nlohmann::json out;
    out["id"] = view.id.to_string();
    out["correlation_id"] = view.correlation_id.to_string();
    out["status"] = std::string(domain::to_string(view.status));
    out["created_at"] = to_rfc3339(view.created_at);
    out["links"]["self"] = path_of(view.id);
    return out;
}

// Malformed JSON, an unknown field or a wrong type: 400. Well-formed but not allowed: 422.
rejection rejection_of(messages::parse_failure failure) {
    if (!failure.malformed.empty()) return reject("invalid_json", std::move(failure.malformed));
    const bool is_shape =
        std::any_of(failure.problems.begin(), failure.problems.end(), [](const auto& p) {
            return p.code == "unknown_field" || p.code == "wrong_type";
        });
    if (!is_shape) return not_allowed(std::move(failure.problems));
    rejection no = reject("invalid_request", "the body does not have the expected shape");
    no.problems = std::move(failure.problems);
    return no;
}

// The client's own correlation id when it sent one (the server checked it), else a new one.
sluice::correlation_id correlation_of(const observe::context& ctx, id_source& ids) {
    const auto given = sluice::correlation_id::parse(ctx.correlation_id);
    return given ? *given : ids.next_correlation();
}

http::response not_json(const observe::context& ctx) {
    return http::problem(
        "unsupported_media_type",
        "the body must be sent as Content-Type: application/json",
        ctx
    );
}

nlohmann::json summary_json(const submission_summary& s) {
    nlohmann::json out;
    out["id"] = s.id.to_string();
    out["correlation_id"] = s.correlation_id.to_string();
    out["status"] = std::string(domain::to_string(s.status));
    out["language"] = s.language;
    out["version"] = nullptr;
    if (!s.version.empty()) out["version"] = s.version;
    out["created_at"] = to_rfc3339(s.created_at);
    out["links"]["self"] = path_of(s.id);
    if (!s.finished_at) return out;
    out["finished_at"] = to_rfc3339(*s.finished_at);
    out["limit_hit"] = nullptr;
    if (!s.limit_hit.empty()) out["limit_hit"] = s.limit_hit;
    out["cpu_ms"] = to_ms(s.cpu_us);
    out["cpu_us"] = s.cpu_us;
    out["wall_ms"] = to_ms(s.wall_us);
    out["wall_us"] = s.wall_us;
    out["memory_peak_bytes"] = s.memory_peak_bytes;
    out["cached"] = s.is_cached;
    return out;
}

http::response submission_answer(const accepted_submission& done) {
    http::response answer =
        http::json_response(done.is_replay ? 200 : 201, answer_of(done.view).dump());
    answer.headers.set("Location", path_of(done.view.id));
    if (done.is_replay) answer.headers.set("Idempotency-Replayed", "true");
    return answer;
}

}  // namespace sluice::submission
