// See protocol.hpp.
#include "protocol.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace sluice::websocket {
namespace {

using nlohmann::json;

constexpr std::size_t max_request_id = 128;

constexpr std::array<std::pair<std::string_view, client_frame_type>, 8> client_types{{
    {"ping", client_frame_type::ping},
    {"subscribe", client_frame_type::subscribe},
    {"unsubscribe", client_frame_type::unsubscribe},
    {"stdin", client_frame_type::stdin_data},
    {"stdin_eof", client_frame_type::stdin_eof},
    {"signal", client_frame_type::signal},
    {"resize", client_frame_type::resize},
    {"cancel", client_frame_type::cancel},
}};

constexpr std::array<std::string_view, 8> server_types{
    "welcome",
    "ack",
    "error",
    "submission.queued",
    "submission.running",
    "submission.compiled",
    "submission.finished",
    "submission.output",
};

std::string print(const json& frame) {
    return frame.dump(-1, ' ', false, json::error_handler_t::replace);
}

client_frame invalid(std::string request_id, std::string problem) {
    return {client_frame_type::invalid, std::move(request_id), std::move(problem)};
}

// Nesting deeper than any frame needs would cost a parser its stack.
bool is_nested_too_deep(std::string_view text) {
    constexpr int deepest = 32;
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > deepest) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

}  // namespace

std::optional<client_frame> parse_client_frame(std::string_view text) {
    if (is_nested_too_deep(text)) return invalid("null", "the frame is nested too deep");
    const json frame = json::parse(text, nullptr, false);
    if (frame.is_discarded()) return std::nullopt;
    if (!frame.is_object()) return invalid("null", "a frame is a JSON object");
    std::string request_id = "null";
    if (const auto given = frame.find("request_id"); given != frame.end()) {
        const bool is_text =
            given->is_string() && given->get_ref<const std::string&>().size() <= max_request_id;
        if (!is_text && !given->is_number_integer() && !given->is_null()) {
            return invalid("null", "request_id is a string of at most 128 bytes or a whole number");
        }
        request_id = print(*given);
    }
    const auto type = frame.find("type");
    if (type == frame.end() || !type->is_string()) {
        return invalid(std::move(request_id), "type is missing or no string");
    }
    const auto& name = type->get_ref<const std::string&>();
    for (const auto& [known, value] : client_types) {
        if (name == known) return client_frame{value, std::move(request_id), {}};
    }
    return client_frame{
        client_frame_type::unknown,
        std::move(request_id),
        "there is no frame type of this name"};
}

std::string welcome_frame(const welcome& w, wall_time at) {
    const json data = {
        {"session_id", w.session_id},
        {"node", w.node},
        {"user_id", w.user_id},
        {"resync", w.resync},
        {"last_event_id", w.last_event_id},
    };
    return print(json{{"type", "welcome"}, {"at", to_rfc3339(at)}, {"data", data}});
}

std::string ack_frame(const std::string& request_id, wall_time at) {
    const json data = {{"request_id", json::parse(request_id, nullptr, false)}};
    return print(json{{"type", "ack"}, {"at", to_rfc3339(at)}, {"data", data}});
}

std::string error_frame(
    std::string_view code,
    std::string_view message,
    const std::string& request_id,
    wall_time at
) {
    const json data = {
        {"code", code},
        {"message", message},
        {"request_id", json::parse(request_id, nullptr, false)},
    };
    return print(json{{"type", "error"}, {"at", to_rfc3339(at)}, {"data", data}});
}

std::string_view type_label(std::string_view frame) {
    // Our printer sorts names, so a frame's own type comes after its data; within strings quotes
    // are escaped and cannot look like this.
    constexpr std::string_view mark = R"("type":")";
    const auto at = frame.rfind(mark);
    if (at == std::string_view::npos) return "other";
    const auto rest = frame.substr(at + mark.size());
    for (const std::string_view type : server_types) {
        if (rest.starts_with(type) && rest.substr(type.size()).starts_with('"')) return type;
    }
    return "other";
}

}  // namespace sluice::websocket
