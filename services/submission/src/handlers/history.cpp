// DELETE /api/v1/submissions?before=…, GET /api/v1/me/usage, and the filters of the list.
#include "history.hpp"

#include "../use_cases/delete_submissions.hpp"
#include "../use_cases/program_words.hpp"
#include "../use_cases/read_submission.hpp"
#include "answers.hpp"
#include "pages.hpp"
#include "viewed_owner.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::submission {
namespace {

constexpr std::size_t max_names = 32;

const std::string* find_text(const http::request& request, const std::string& name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? nullptr : &found->second;
}

// "a,b" → {"a", "b"}
std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> out;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const auto comma = std::min(text.find(',', begin), text.size());
        if (comma > begin) out.push_back(text.substr(begin, comma - begin));
        begin = comma + 1;
    }
    return out;
}

std::string status_names() {
    std::string out;
    for (const auto s : domain::all_statuses)
        out += (out.empty() ? "" : ", ") + std::string(domain::to_string(s));
    return out;
}

outcome<std::vector<domain::status>> read_statuses(const http::request& request) {
    std::vector<domain::status> out;
    const std::string* text = find_text(request, "status");
    if (text == nullptr) return out;
    for (const auto& name : split(*text)) {
        const auto status = domain::parse_status(name);
        if (!status) {
            return wrong_field("status", "is no status", "one or many of " + status_names());
        }
        out.push_back(*status);
    }
    if (out.empty()) return wrong_field("status", "is empty", "one or many of " + status_names());
    return out;
}

// An alias means its language; what is in no catalogue any more may still be in a history.
outcome<std::vector<std::string>> read_languages(const http::request& request, const ports& p) {
    std::vector<std::string> out;
    const std::string* text = find_text(request, "language");
    if (text == nullptr) return out;
    for (std::string& name : split(*text)) {
        const auto is_it = [&name](const domain::language& l) {
            return l.id == name || std::ranges::find(l.aliases, name) != l.aliases.end();
        };
        const auto found = std::ranges::find_if(p.languages, is_it);
        out.push_back(found == p.languages.end() ? std::move(name) : found->id);
    }
    if (out.empty() || out.size() > max_names ||
        !std::ranges::all_of(out, messages::is_valid_utf8)) {
        return wrong_field("language", "is empty, too long or no text", "ids of languages");
    }
    return out;
}

outcome<std::optional<wall_time>> read_time(const http::request& request, const std::string& name) {
    std::optional<wall_time> out;
    const std::string* text = find_text(request, name);
    if (text == nullptr) return out;
    out = parse_rfc3339(*text);
    if (!out) return wrong_field(name, "is no time", "such as 2026-11-21T00:00:00Z");
    return out;
}

outcome<std::vector<std::string>> read_words(const http::request& request, const ports& p) {
    std::vector<std::string> words;
    const std::string* text = find_text(request, "q");
    if (text == nullptr) return words;
    if (!p.history.has_full_text) {
        return wrong_field(
            "q",
            "programs are not searched here",
            "nothing: history.full_text is off"
        );
    }
    words = search_words(*text);
    if (words.empty()) return wrong_field("q", "has no word", "letters, digits and _");
    return words;
}

nlohmann::json json_of(const usage_day& d) {
    nlohmann::json out;
    if (!d.day.empty()) out["day"] = d.day;
    out["submissions"] = d.submissions;
    out["cached"] = d.cached;
    out["cpu_us"] = d.cpu_us;
    out["cpu_seconds"] = static_cast<double>(d.cpu_us) / 1e6;
    out["wall_us"] = d.wall_us;
    out["wall_seconds"] = static_cast<double>(d.wall_us) / 1e6;
    out["stored_bytes"] = d.stored_bytes;
    out["by_status"] = nlohmann::json::object();
    for (const auto& [status, count] : d.counts)
        out["by_status"][std::string(domain::to_string(status))] = count;
    return out;
}

}  // namespace

outcome<history_filter> read_filter(const http::request& request, const ports& p) {
    history_filter filter;
    const auto cursor = read_cursor(request, parse_cursor);
    if (!cursor) return cursor.error();
    if (*cursor) filter.before = submission_id(**cursor);
    auto statuses = read_statuses(request);
    if (!statuses) return statuses.error();
    auto languages = read_languages(request, p);
    if (!languages) return languages.error();
    const auto after = read_time(request, "created_after");
    if (!after) return after.error();
    const auto before = read_time(request, "created_before");
    if (!before) return before.error();
    auto words = read_words(request, p);
    if (!words) return words.error();
    if (const std::string* id = find_text(request, "correlation_id")) {
        filter.correlation_id = sluice::correlation_id::parse(*id);
        if (!filter.correlation_id) return wrong_field("correlation_id", "is no UUID", "a UUID");
    }
    filter.statuses = std::move(*statuses);
    filter.languages = std::move(*languages);
    filter.created_after = *after;
    filter.created_before = *before;
    filter.words = std::move(*words);
    return filter;
}

awaitable<http::response> delete_history(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto before = read_time(request, "before");
    if (!before) co_return problem_of(before.error(), ctx);
    if (!*before) {
        const auto no =
            wrong_field("before", "is missing", "a time; older submissions are deleted");
        co_return problem_of(no, ctx);
    }
    const auto done = co_await delete_before(ctx, app.p, viewed_user(request), **before);
    if (!done) co_return problem_of(done.error(), ctx);
    nlohmann::json out;
    out["deleted"] = done->deleted;
    out["complete"] = done->is_complete;
    co_return http::json_response(200, out.dump());
}

awaitable<http::response> read_usage(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    auto found = co_await app.p.history.store->usage(viewed_user(request), app.p.time.now());
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    nlohmann::json out;
    out["total"] = json_of(usage_day{});
    out["days"] = nlohmann::json::array();
    for (const auto& day : *found) {
        if (day.day.empty()) {
            out["total"] = json_of(day);
        } else {
            out["days"].push_back(json_of(day));
        }
    }
    co_return http::json_response(200, out.dump());
}

}  // namespace sluice::submission
