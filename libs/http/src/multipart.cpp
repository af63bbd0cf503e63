// Theory of operation. A delimiter is CR LF "--" boundary; the first one may stand at the very
// beginning, so the buffer starts with a CR LF that nobody sent. In data everything before the next
// delimiter goes out; without one, all but the last bytes that could begin one. Behind a delimiter
// come "--" (the end), or white space and a line end (another part).
#include "sluice/http/multipart.hpp"

#include "field_text.hpp"

#include <algorithm>

namespace sluice::http {
namespace {

using multipart_answer = result<std::optional<multipart_event>>;

constexpr std::size_t max_boundary = 70;
constexpr std::size_t max_padding = 256;  // white space between a boundary and its line end

error bad_multipart(std::string why) {
    return fail(errc::invalid, std::move(why));
}

bool is_boundary_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

// Takes `name=value` off a list of parameters; false at its end. A quoted value may hold anything;
// a backslash counts before a quote and a backslash only, because old browsers send C:\folder\x.
struct parameter_list {
    std::string_view left;
    bool is_malformed = false;

    bool next(std::string& name, std::string& value) {
        left = field_text::trimmed(left);
        if (left.empty()) return false;
        if (left.front() != ';') return stop();
        left = field_text::trimmed(left.substr(1));
        if (left.empty()) return false;  // a last semicolon
        const std::size_t equals = left.find('=');
        if (equals == std::string_view::npos || equals == 0) return stop();
        name.assign(field_text::trimmed(left.substr(0, equals)));
        for (char& c : name)
            c = field_text::lower(c);
        left = field_text::trimmed(left.substr(equals + 1));
        value.clear();
        if (left.empty() || left.front() != '"') {
            const std::size_t end = std::min(left.find(';'), left.size());
            value.assign(field_text::trimmed(left.substr(0, end)));
            left.remove_prefix(end);
            return true;
        }
        for (std::size_t i = 1; i < left.size(); ++i) {
            if (left[i] == '"') {
                left.remove_prefix(i + 1);
                return true;
            }
            const bool is_escape = left[i] == '\\' && i + 1 < left.size() &&
                                   (left[i + 1] == '"' || left[i + 1] == '\\');
            if (is_escape) ++i;
            value += left[i];
        }
        return stop();
    }
    bool stop() {
        is_malformed = true;
        return false;
    }
};

result<void> read_disposition(std::string_view value, part_header& into) {
    const std::size_t end = std::min(value.find(';'), value.size());
    if (!field_text::is_same(field_text::trimmed(value.substr(0, end)), "form-data")) {
        return bad_multipart("a part's Content-Disposition is not form-data");
    }
    parameter_list parameters{value.substr(end)};
    std::string name;
    std::string text;
    bool has_name = false;
    while (parameters.next(name, text)) {
        if (name == "name") {
            if (std::exchange(has_name, true)) return bad_multipart("a part has two names");
            into.name = text;
        } else if (name == "filename") {
            if (into.file_name) return bad_multipart("a part has two file names");
            into.file_name = text;
        }
    }
    if (parameters.is_malformed) return bad_multipart("a part's Content-Disposition is malformed");
    if (!has_name || into.name.empty()) return bad_multipart("a part has no name");
    return {};
}

result<part_header> parse_part_header(std::string_view text, std::size_t max_lines) {
    part_header out;
    bool has_disposition = false;
    for (std::size_t lines = 0; !text.empty(); ++lines) {
        if (lines == max_lines) return bad_multipart("a part has too many header lines");
        const std::size_t end = std::min(text.find("\r\n"), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 2, text.size()));
        const bool has_control = std::any_of(line.begin(), line.end(), [](char c) {
            return c == '\r' || c == '\n' || c == '\0';
        });
        if (has_control) return bad_multipart("a part's header holds a control character");
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0) {
            return bad_multipart("a part's header has a line without a name");
        }
        const std::string_view value = field_text::trimmed(line.substr(colon + 1));
        if (field_text::is_same(line.substr(0, colon), "Content-Disposition")) {
            if (std::exchange(has_disposition, true)) {
                return bad_multipart("a part has two Content-Dispositions");
            }
            SLUICE_TRY(read_disposition(value, out));
        } else if (field_text::is_same(line.substr(0, colon), "Content-Type")) {
            out.content_type = value;
        } else if (field_text::is_same(line.substr(0, colon), "Content-Transfer-Encoding") &&
                   !field_text::is_same(value, "binary") && !field_text::is_same(value, "8bit") &&
                   !field_text::is_same(value, "7bit")) {
            // Base64 taken for the program itself would be stored as it is and never run.
            return bad_multipart("a part has a Content-Transfer-Encoding that is not read here");
        }
    }
    if (!has_disposition) return bad_multipart("a part has no Content-Disposition");
    return out;
}

}  // namespace

multipart_parser::multipart_parser(std::string_view boundary, multipart_bounds bounds)
    : delimiter_("\r\n--" + std::string(boundary)), bounds_(bounds), buffer_("\r\n") {}

void multipart_parser::feed(std::string_view bytes) {
    if (state_ == state::done) return;
    buffer_.erase(0, at_);
    at_ = 0;
    buffer_ += bytes;
}

void multipart_parser::drop(std::size_t count) {
    at_ += count;
}

multipart_answer multipart_parser::next() {
    for (;;) {
        const state before = state_;
        multipart_answer answer = std::optional<multipart_event>();
        switch (state_) {
            case state::preamble:
                answer = skip_preamble();
                break;
            case state::delimiter:
                answer = read_delimiter();
                break;
            case state::header:
                answer = read_header();
                break;
            case state::data:
                answer = read_data();
                break;
            case state::done:
                return answer;
        }
        if (!answer || *answer || state_ == before) return answer;
    }
}

multipart_answer multipart_parser::skip_preamble() {
    const std::size_t found = buffer_.find(delimiter_, at_);
    if (found == std::string::npos) {
        if (buffer_.size() - at_ > bounds_.preamble + delimiter_.size()) {
            return bad_multipart("the body does not begin with its boundary");
        }
        return std::optional<multipart_event>();
    }
    if (found - at_ > bounds_.preamble) {
        return bad_multipart("the body does not begin with its boundary");
    }
    at_ = found + delimiter_.size();
    state_ = state::delimiter;
    return std::optional<multipart_event>();
}

multipart_answer multipart_parser::read_delimiter() {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    std::optional<multipart_event> event;
    if (rest.starts_with("--")) {
        // What follows is an epilogue, which means nothing.
        drop(2);
        state_ = state::done;
        buffer_.clear();
        at_ = 0;
        event.emplace();
        return event;
    }
    if (rest.size() < 2) return event;
    const std::size_t end = rest.find_first_not_of(" \t");
    if (end == std::string_view::npos ? rest.size() > max_padding : end > max_padding) {
        return bad_multipart("a boundary is followed by too much white space");
    }
    if (end == std::string_view::npos || rest.size() - end < 2) {
        if (end != std::string_view::npos && rest[end] != '\r') {
            return bad_multipart("a boundary is not followed by a line end");
        }
        return event;
    }
    if (rest.substr(end, 2) != "\r\n") {
        return bad_multipart("a boundary is not followed by a line end");
    }
    if (++parts_ > bounds_.parts) return bad_multipart("the body has too many parts");
    drop(end);  // the line end stays: a header without lines is an empty line alone
    state_ = state::header;
    return event;
}

multipart_answer multipart_parser::read_header() {
    std::optional<multipart_event> event;
    const std::size_t end = buffer_.find("\r\n\r\n", at_);
    const std::size_t size = (end == std::string::npos ? buffer_.size() : end) - at_;
    if (size > bounds_.header) return bad_multipart("a part's header is too large");
    if (end == std::string::npos) return event;
    const std::string_view text =
        size < 2 ? std::string_view() : std::string_view(buffer_).substr(at_ + 2, size - 2);
    auto header = parse_part_header(text, bounds_.header_lines);
    if (!header) return std::move(header).error();
    // The line end before a delimiter belongs to it, also when the part is empty.
    at_ = end + 2;
    is_in_part_ = false;
    state_ = state::data;
    event.emplace();
    event->what = multipart_event::kind::part;
    event->header = std::move(*header);
    return event;
}

multipart_answer multipart_parser::read_data() {
    std::optional<multipart_event> event;
    // The empty line before the data: kept until now, because an empty part's delimiter begins
    // with it.
    const std::size_t skipped = is_in_part_ ? 0 : 2;
    const std::size_t found = buffer_.find(delimiter_, at_);
    std::size_t end = found;
    if (found == std::string::npos) {
        // All but what may be the beginning of a delimiter.
        const std::size_t kept = std::min(delimiter_.size() - 1, buffer_.size() - at_);
        end = buffer_.size() - kept;
    }
    if (end > at_ + skipped) {
        event.emplace();
        event->what = multipart_event::kind::data;
        event->data = buffer_.substr(at_ + skipped, end - at_ - skipped);
        at_ = end;
        is_in_part_ = true;
        return event;
    }
    if (found == std::string::npos) return event;
    at_ = found + delimiter_.size();
    state_ = state::delimiter;
    event.emplace();
    event->what = multipart_event::kind::part_end;
    return event;
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
    std::optional<std::string> out;
    const std::size_t end = std::min(content_type.find(';'), content_type.size());
    if (!field_text::is_same(
            field_text::trimmed(content_type.substr(0, end)),
            "multipart/form-data"
        )) {
        return out;
    }
    parameter_list parameters{content_type.substr(end)};
    std::string name;
    std::string value;
    while (parameters.next(name, value)) {
        if (name == "boundary" && !out) out = value;
    }
    if (parameters.is_malformed || !out) return std::nullopt;
    const bool is_good = !out->empty() && out->size() <= max_boundary && out->back() != ' ' &&
                         std::all_of(out->begin(), out->end(), is_boundary_character);
    return is_good ? out : std::nullopt;
}

}  // namespace sluice::http
