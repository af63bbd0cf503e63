// See job_json.hpp.
#include "job_json.hpp"

#include "answers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace sluice::submission {
namespace {

using nlohmann::json;

outcome<json> parse_object(std::string_view body) {
    json value = json::parse(body, nullptr, false);
    if (value.is_discarded()) return reject("invalid_json", "the body is not valid JSON");
    if (!value.is_object()) return reject("invalid_json", "the body is not a JSON object");
    // Said outright: JSON converts from and to nearly everything.
    return outcome<json>(boost::system::in_place_value, std::move(value));
}

rejection wrong_shape(std::vector<domain::input_problem> problems) {
    rejection no = reject("invalid_request", "the body does not have the expected shape");
    no.problems = std::move(problems);
    return no;
}

void refuse_others(
    const json& object,
    std::initializer_list<std::string_view> known,
    std::vector<domain::input_problem>& problems
) {
    for (const auto& [name, value] : object.items()) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        problems.push_back({name, "unknown_field", "is not known here", ""});
    }
}

std::string
take_text(json& object, const char* name, std::vector<domain::input_problem>& problems) {
    const auto found = object.find(name);
    if (found == object.end()) {
        problems.push_back({name, "required", "is required", "text"});
    } else if (!found->is_string()) {
        problems.push_back({name, "wrong_type", "is no text", "text"});
    } else {
        return std::move(found->get_ref<std::string&>());
    }
    return {};
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

}  // namespace

outcome<job_login_request> parse_job_login(std::string_view body) {
    auto object = parse_object(body);
    if (!object) return object.error();
    std::vector<domain::input_problem> problems;
    job_login_request out;
    out.username = take_text(*object, "username", problems);
    out.password = take_text(*object, "password", problems);
    refuse_others(*object, {"username", "password"}, problems);
    if (!problems.empty()) return wrong_shape(std::move(problems));
    return out;
}

outcome<std::vector<std::string>> parse_job_commands(std::string_view body) {
    auto object = parse_object(body);
    if (!object) return object.error();
    std::vector<domain::input_problem> problems;
    std::vector<std::string> out;
    const bool is_many = object->contains("commands");
    if (is_many && object->contains("command")) {
        problems.push_back(
            {"command", "not_allowed", "is given together with commands", "one of the two"}
        );
    } else if (!is_many) {
        out.push_back(take_text(*object, "command", problems));
    } else if (!object->at("commands").is_array()) {
        problems.push_back({"commands", "wrong_type", "is no list", "a list of text"});
    } else {
        for (auto& command : object->at("commands")) {
            const std::string path = "commands[" + std::to_string(out.size()) + "]";
            if (!command.is_string()) {
                problems.push_back({path, "wrong_type", "is no text", "text"});
                break;
            }
            out.push_back(std::move(command.get_ref<std::string&>()));
        }
    }
    refuse_others(*object, {"command", "commands"}, problems);
    if (!problems.empty()) return wrong_shape(std::move(problems));
    return out;
}

std::optional<job_stream_form> job_stream_form_of(std::string_view accept) {
    const std::string wanted = lower(accept);
    const auto has = [&wanted](std::string_view type) {
        return wanted.find(type) != std::string::npos;
    };
    if (wanted.empty() || has("application/x-ndjson") || has("application/json")) {
        return job_stream_form::lines;
    }
    if (has("text/event-stream")) return job_stream_form::events;
    if (has("*/*") || has("application/*")) return job_stream_form::lines;
    if (has("text/*")) return job_stream_form::events;
    return std::nullopt;
}

std::string_view content_type_of(job_stream_form form) {
    return form == job_stream_form::lines ? "application/x-ndjson" : "text/event-stream";
}

json job_event_json(const job_event& event, const std::string& correlation_id) {
    json out;
    out["correlation_id"] = correlation_id;
    out["executed_at"] = to_rfc3339(event.at);
    out["command_index"] = event.index;
    out["submission_id"] = event.id.to_string();
    if (event.result) {
        out["result"] = std::string(domain::to_string(*event.result));
        return out;
    }
    out["log_output"] = event.text;
    out["stream"] = event.stream == domain::output_stream::out ? "stdout" : "stderr";
    if (event.is_gap) out["is_gap"] = true;
    return out;
}

std::string job_line(job_stream_form form, const json& event) {
    // Printed JSON has no line break, so it is one line of either form.
    if (form == job_stream_form::lines) return event.dump() + "\n";
    return "data: " + event.dump() + "\n\n";
}

std::string job_error_line(job_stream_form form, const rejection& no) {
    json out;
    out["error"]["code"] = no.code;
    out["error"]["detail"] = no.detail;
    if (form == job_stream_form::lines) return job_line(form, out);
    return "event: error\n" + job_line(form, out);
}

std::string job_end_line(job_stream_form form) {
    return form == job_stream_form::lines ? "" : "event: end\ndata: {}\n\n";
}

}  // namespace sluice::submission
