// See protocol.hpp.
#include "protocol.hpp"

#include "sluice/core/ids.hpp"
#include "sluice/core/json_text.hpp"
#include "sluice/messages/json.hpp"

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

constexpr std::array<std::string_view, 11> server_types{
    "welcome",
    "ack",
    "error",
    "submission.queued",
    "submission.running",
    "submission.compiled",
    "submission.finished",
    "submission.output",
    "gap",
    "test.finished",
    "batch.finished",
};

client_frame invalid(std::string request_id, std::string problem) {
    client_frame f;
    f.request_id = std::move(request_id);
    f.problem = std::move(problem);
    return f;
}

// A whole number of `data`, `otherwise` when it is not there, nullopt when it is none in the range.
std::optional<std::int64_t> number_in(
    const json& data,
    const char* name,
    std::int64_t low,
    std::int64_t high,
    std::optional<std::int64_t> otherwise
) {
    const auto found = data.find(name);
    if (found == data.end()) return otherwise;
    if (!found->is_number_integer()) return std::nullopt;
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX) return std::nullopt;
    const auto value = found->get<std::int64_t>();
    if (value < low || value > high) return std::nullopt;
    return value;
}

// What is wrong, "" when nothing is.
std::string read_stdin(const json& data, client_frame& frame) {
    const auto text = data.find("data");
    if (text == data.end() || !text->is_string()) return "data.data is missing or no string";
    const auto& given = text->get_ref<const std::string&>();
    const auto encoding = data.find("data_encoding");
    if (encoding == data.end() || *encoding == "utf8") {
        frame.control.data = given;
        return "";
    }
    if (*encoding != "base64") return "data.data_encoding is utf8 or base64";
    auto bytes = messages::base64_decode(given);
    if (!bytes) return "data.data is not base64";
    frame.control.data = std::move(*bytes);
    return "";
}

std::string read_signal(const json& data, client_frame& frame) {
    const auto name = data.find("name");
    if (name == data.end() || !name->is_string()) return "data.name is missing or no string";
    const auto number = domain::signal_number(name->get_ref<const std::string&>());
    if (!number) return "data.name is no signal that may be sent";
    frame.control.number = *number;
    return "";
}

std::string read_resize(const json& data, client_frame& frame) {
    constexpr auto most = domain::largest_terminal_side;
    const auto cols = number_in(data, "cols", 1, most, std::nullopt);
    const auto rows = number_in(data, "rows", 1, most, std::nullopt);
    if (!cols || !rows) return "data.cols and data.rows are whole numbers from 1 to 1000";
    frame.control.cols = static_cast<std::int32_t>(*cols);
    frame.control.rows = static_cast<std::int32_t>(*rows);
    return "";
}

std::string read_position(const json& data, client_frame& frame) {
    constexpr std::int64_t most = std::int64_t{1} << 53;
    const auto from = number_in(data, "from_seq", 1, most, 1);
    const auto attempt = number_in(data, "attempt", 1, most, 1);
    if (!from || !attempt) return "data.from_seq and data.attempt are whole numbers from 1";
    frame.from_seq = *from;
    frame.attempt = *attempt;
    return "";
}

std::string read_data(const json& data, client_frame& frame) {
    switch (frame.type) {
        case client_frame_type::subscribe:
            return read_position(data, frame);
        case client_frame_type::stdin_data:
            frame.control.kind = domain::control_kind::stdin_data;
            return read_stdin(data, frame);
        case client_frame_type::stdin_eof:
            frame.control.kind = domain::control_kind::stdin_eof;
            return "";
        case client_frame_type::signal:
            frame.control.kind = domain::control_kind::signal;
            return read_signal(data, frame);
        case client_frame_type::resize:
            frame.control.kind = domain::control_kind::resize;
            return read_resize(data, frame);
        default:
            return "";
    }
}

client_frame read_known(client_frame_type type, std::string request_id, const json& frame) {
    client_frame out;
    out.type = type;
    out.request_id = request_id;
    if (!is_about_submission(type)) return out;
    const auto id = frame.find("submission_id");
    const auto parsed = id != frame.end() && id->is_string()
                            ? submission_id::parse(id->get_ref<const std::string&>())
                            : std::nullopt;
    if (!parsed) return invalid(std::move(request_id), "submission_id is missing or no UUID");
    out.submission_id = parsed->to_string();
    static const json none = json::object();
    const auto given = frame.find("data");
    if (given != frame.end() && !given->is_object()) {
        return invalid(std::move(request_id), "data is no object");
    }
    std::string problem = read_data(given == frame.end() ? none : *given, out);
    if (!problem.empty()) return invalid(std::move(request_id), std::move(problem));
    return out;
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
        request_id = json_text(*given);
    }
    const auto type = frame.find("type");
    if (type == frame.end() || !type->is_string()) {
        return invalid(std::move(request_id), "type is missing or no string");
    }
    const auto& name = type->get_ref<const std::string&>();
    for (const auto& [known, value] : client_types) {
        if (name == known) return read_known(value, std::move(request_id), frame);
    }
    auto unknown = invalid(std::move(request_id), "there is no frame type of this name");
    unknown.type = client_frame_type::unknown;
    return unknown;
}

std::string welcome_frame(const welcome& w, wall_time at) {
    const json data = {
        {"session_id", w.session_id},
        {"node", w.node},
        {"user_id", w.user_id},
        {"resync", w.resync},
        {"last_event_id", w.last_event_id},
    };
    return json_text(json{{"type", "welcome"}, {"at", to_rfc3339(at)}, {"data", data}});
}

std::string ack_frame(const std::string& request_id, wall_time at) {
    const json data = {{"request_id", json::parse(request_id, nullptr, false)}};
    return json_text(json{{"type", "ack"}, {"at", to_rfc3339(at)}, {"data", data}});
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
    return json_text(json{{"type", "error"}, {"at", to_rfc3339(at)}, {"data", data}});
}

bool is_about_submission(client_frame_type t) {
    switch (t) {
        case client_frame_type::subscribe:
        case client_frame_type::unsubscribe:
        case client_frame_type::stdin_data:
        case client_frame_type::stdin_eof:
        case client_frame_type::signal:
        case client_frame_type::resize:
        case client_frame_type::cancel:
            return true;
        default:
            return false;
    }
}

std::string_view submission_of(std::string_view frame) {
    // Behind data, as the type is (see type_label).
    constexpr std::string_view mark = R"("submission_id":")";
    constexpr std::size_t uuid_length = 36;
    const auto at = frame.rfind(mark);
    if (at == std::string_view::npos) return "";
    const auto id = frame.substr(at + mark.size(), uuid_length);
    return id.size() == uuid_length ? id : "";
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
