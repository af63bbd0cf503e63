// Frames of the user's event stream, and the two small documents that services pass through Redis.
#include "json_parts.hpp"
#include "json_views.hpp"

#include "sluice/core/json_text.hpp"
#include "sluice/messages/json.hpp"

namespace sluice::messages {
namespace {

json frame(
    std::string_view type,
    const submission_id& id,
    const correlation_id& correlation,
    wall_time at,
    json data
) {
    return {
        {"type", type},
        {"submission_id", id.to_string()},
        {"correlation_id", correlation.to_string()},
        {"at", to_rfc3339(at)},
        {"data", std::move(data)},
    };
}

const std::string* string_in(const json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

std::optional<json> parse_object(std::string_view text) {
    auto parsed = json::parse(text, nullptr, false);
    if (!parsed.is_object()) return std::nullopt;
    return parsed;
}

std::optional<domain::language_availability> read_availability(const json& from) {
    if (!from.is_object()) return std::nullopt;
    const auto* id = string_in(from, "id");
    const auto available = from.find("available");
    if (id == nullptr || available == from.end() || !available->is_boolean()) return std::nullopt;
    const auto* version = string_in(from, "version");
    const auto* reason = string_in(from, "reason");
    return domain::language_availability{
        *id,
        available->get<bool>(),
        version != nullptr ? *version : "",
        reason != nullptr ? *reason : "",
    };
}

}  // namespace

json queued_frame(const domain::progress& p) {
    json data = {{"status", "queued"}, {"language", p.language}};
    return frame("submission.queued", p.id, p.correlation_id, p.at, std::move(data));
}

json running_frame(const domain::progress& p) {
    json data = {{"status", "running"}, {"language", p.language}, {"worker_id", p.worker_id}};
    return frame("submission.running", p.id, p.correlation_id, p.at, std::move(data));
}

json compiled_frame(const domain::progress& p) {
    json data = {
        {"status", "running"},
        {"language", p.language},
        {"worker_id", p.worker_id},
        {"compile", p.compile ? to_json(*p.compile) : json(nullptr)},
    };
    return frame("submission.compiled", p.id, p.correlation_id, p.at, std::move(data));
}

json test_frame(const domain::progress& p) {
    static const domain::test_result none;
    const auto& test = p.test ? *p.test : none;
    json data = test_json(test, static_cast<std::size_t>(p.test_index), false);
    data["count"] = p.test_count;
    return frame("test.finished", p.id, p.correlation_id, p.at, std::move(data));
}

json batch_frame(const domain::batch_view& b) {
    return {
        {"type", "batch.finished"},
        {"correlation_id", b.correlation_id.to_string()},
        {"at", to_rfc3339(b.finished_at.value_or(b.created_at))},
        {"data", to_json(b)},
    };
}

json finished_frame(const domain::submission_view& v, wall_time at) {
    return frame("submission.finished", v.id, v.correlation_id, at, to_json(v));
}

std::string encode_routed_event(const routed_event& e) {
    return R"({"user_id":)" + quoted_json(e.user_id) + R"(,"event_id":)" + quoted_json(e.event_id) +
           R"(,"frame":)" + quoted_json(e.frame) + "}";
}

std::optional<routed_event> decode_routed_event(std::string_view text) {
    const auto object = parse_object(text);
    if (!object) return std::nullopt;
    const auto* user = string_in(*object, "user_id");
    const auto* event = string_in(*object, "event_id");
    const auto* frame_text = string_in(*object, "frame");
    const bool is_whole = user != nullptr && event != nullptr && frame_text != nullptr;
    if (!is_whole || user->empty()) return std::nullopt;
    return routed_event{*user, *event, *frame_text};
}

std::string with_event_id(std::string_view frame, std::string_view event_id) {
    const auto first = frame.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || frame[first] != '{') return std::string(frame);
    const auto rest = frame.substr(first + 1);
    const auto next = rest.find_first_not_of(" \t\r\n");
    const bool is_empty = next == std::string_view::npos || rest[next] == '}';
    std::string result = R"({"event_id":)" + quoted_json(event_id);
    if (!is_empty) result += ',';
    return result.append(rest);
}

std::string encode_worker_report(const worker_report& r) {
    json languages = json::array();
    for (const auto& l : r.languages) {
        languages.push_back(
            {{"id", l.id},
             {"available", l.is_available},
             {"version", l.version},
             {"reason", l.reason}}
        );
    }
    const json report = {
        {"worker_id", r.worker_id},
        {"slots", r.slots},
        {"languages", std::move(languages)}};
    return json_text(report);
}

std::optional<worker_report> decode_worker_report(std::string_view text) {
    const auto object = parse_object(text);
    if (!object) return std::nullopt;
    const auto* id = string_in(*object, "worker_id");
    const auto slots = object->find("slots");
    const auto languages = object->find("languages");
    const bool is_whole = id != nullptr && slots != object->end() && slots->is_number_integer() &&
                          languages != object->end() && languages->is_array();
    if (!is_whole) return std::nullopt;
    worker_report report{*id, slots->get<std::int64_t>(), {}};
    for (const auto& entry : *languages) {
        auto availability = read_availability(entry);
        if (!availability) return std::nullopt;
        report.languages.push_back(std::move(*availability));
    }
    return report;
}

}  // namespace sluice::messages
