// See mail_message.hpp.
#include "mail_message.hpp"

#include "sluice/core/html_text.hpp"
#include "sluice/messages/json.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace sluice::notification {
namespace {

constexpr std::size_t base64_line = 76;
// "=?UTF-8?B?" … "?=" around at most 75 characters.
constexpr std::size_t bytes_of_encoded_word = 45;
constexpr std::size_t longest_plain_header = 70;
constexpr std::size_t longest_address = 254;

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// How long the UTF-8 character is that begins here; 0: none does.
std::size_t character_length(std::string_view text) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (messages::is_valid_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

std::string valid_utf8(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
        const std::size_t length = character_length(bytes);
        const bool is_shown =
            length > 1 || (length == 1 && (bytes[0] == '\n' || bytes[0] == '\t' ||
                                           (bytes[0] >= 0x20 && bytes[0] != 0x7f)));
        if (is_shown) {
            out += bytes.substr(0, length);
        } else if (length == 0 || bytes[0] != '\r') {
            out += "\xEF\xBF\xBD";  // U+FFFD
        }
        bytes.remove_prefix(std::max<std::size_t>(1, length));
    }
    return out;
}

// Lines of base64 that end as mail's do.
std::string base64_lines(std::string_view bytes) {
    const std::string all = messages::base64_encode(bytes);
    std::string out;
    for (std::size_t at = 0; at < all.size(); at += base64_line)
        out += all.substr(at, base64_line) + "\r\n";
    return out;
}

// Text of mail has CRLF at the end of its lines, also under base64.
std::string with_crlf(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') out += '\r';
        out += c;
    }
    return out;
}

std::string part(const char* type, std::string_view text) {
    return std::string("Content-Type: ") + type +
           "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
           base64_lines(with_crlf(text));
}

// "Fri, 21 Nov 2025 23:25:12 +0000", whatever the locale.
std::string date_of(wall_time at) {
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12>
        months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = static_cast<std::time_t>(unix_ms(at) / 1000);
    std::tm t{};
    gmtime_r(&seconds, &t);
    std::array<char, 64> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%s, %02d %s %04d %02d:%02d:%02d +0000",
        days[static_cast<std::size_t>(t.tm_wday)],
        t.tm_mday,
        months[static_cast<std::size_t>(t.tm_mon)],
        t.tm_year + 1900,
        t.tm_hour,
        t.tm_min,
        t.tm_sec
    );
    return text.data();
}

// "Name <address>" with the name encoded.
std::string sender_header(const std::string& from) {
    const std::size_t bracket = from.rfind('<');
    const std::string address = mail_address(from).value_or("");
    if (bracket == std::string::npos || bracket == 0) return address;
    std::string name = from.substr(0, bracket);
    while (!name.empty() && name.back() == ' ')
        name.pop_back();
    // Encoded always: what a plain name may hold unquoted is a grammar of its own.
    const bool is_word = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == ' ';
    });
    if (!is_word) {
        name = "=?UTF-8?B?" + messages::base64_encode(name.substr(0, bytes_of_encoded_word)) + "?=";
    }
    return name + " <" + address + ">";
}

}  // namespace

std::optional<std::string> mail_address(std::string_view text) {
    const std::size_t open = text.rfind('<');
    if (open != std::string_view::npos) {
        if (text.back() != '>') return std::nullopt;
        text = text.substr(open + 1, text.size() - open - 2);
    }
    const auto is_allowed = [](char c) {
        return c > 0x20 && c < 0x7f && c != '<' && c != '>' && c != '(' && c != ')' && c != ',' &&
               c != ';' && c != ':' && c != '"' && c != '\\' && c != '[' && c != ']';
    };
    const std::size_t at = text.find('@');
    if (text.size() > longest_address || at == 0 || at == std::string_view::npos ||
        at + 1 == text.size() || text.find('@', at + 1) != std::string_view::npos ||
        text.front() == '-' || !std::ranges::all_of(text, is_allowed)) {
        return std::nullopt;
    }
    return std::string(text);
}

std::string encoded_header(std::string_view text) {
    std::string clean = valid_utf8(text);
    std::ranges::replace_if(
        clean,
        [](char c) { return c == '\n' || c == '\t'; },
        ' '
    );
    if (is_plain(clean) && clean.size() <= longest_plain_header &&
        clean.find("=?") == std::string::npos) {
        return clean;
    }
    std::string out;
    std::string_view rest = clean;
    while (!rest.empty()) {
        std::size_t size = std::min(rest.size(), bytes_of_encoded_word);
        while (size < rest.size() && size > 1 && is_continuation(rest[size]))
            --size;
        if (!out.empty()) out += "\r\n ";
        out += "=?UTF-8?B?" + messages::base64_encode(rest.substr(0, size)) + "?=";
        rest.remove_prefix(size);
    }
    return out;
}

std::string shortened_text(std::string_view bytes, std::size_t most) {
    if (bytes.size() <= most) return valid_utf8(bytes);
    std::size_t size = most;
    // Not in the middle of a character.
    while (size > 0 && most - size < 3 && is_continuation(bytes[size]))
        --size;
    const std::string left = std::to_string(bytes.size() - size);
    return valid_utf8(bytes.substr(0, size)) + "\n… (" + left + " more bytes)\n";
}

std::string text_part(const mail_content& c) {
    std::string out;
    for (const auto& [name, value] : c.facts)
        out += name + ": " + valid_utf8(value) + "\n";
    for (const auto& [name, text] : c.outputs) {
        out += "\n" + name + "\n" + std::string(name.size(), '-') + "\n" + text;
        if (!text.empty() && text.back() != '\n') out += "\n";
    }
    if (!c.link.empty()) out += "\nAll of it: " + c.link + "\n";
    return out;
}

std::string html_part(const mail_content& c) {
    std::string out =
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"></head>\n"
        "<body style=\"font-family: sans-serif\">\n<h2>" +
        html_escaped(valid_utf8(c.subject)) + "</h2>\n<table>\n";
    for (const auto& [name, value] : c.facts) {
        out += "<tr><td style=\"padding-right: 1em\">" + html_escaped(name) + "</td><td>" +
               html_escaped(valid_utf8(value)) + "</td></tr>\n";
    }
    out += "</table>\n";
    for (const auto& [name, text] : c.outputs) {
        out += "<h3>" + html_escaped(name) +
               "</h3>\n<pre style=\"background: #f4f4f4; padding: 0.5em\">" + html_escaped(text) +
               "</pre>\n";
    }
    if (!c.link.empty()) {
        const std::string link = html_escaped(c.link);
        out += "<p><a href=\"" + link + "\">All of it</a></p>\n";
    }
    return out + "</body></html>\n";
}

std::string mail_bytes(const mail_envelope& e, const mail_content& c) {
    const std::string boundary = "sluice-" + e.message_id.substr(0, e.message_id.find('@'));
    std::string out;
    const auto add = [&out](std::string_view name, const std::string& value) {
        out += std::string(name) + ": " + value + "\r\n";
    };
    add("From", sender_header(e.from));
    add("To", mail_address(e.to).value_or(""));
    add("Subject", encoded_header(c.subject));
    add("Date", date_of(e.at));
    add("Message-ID", "<" + e.message_id + ">");
    add("Auto-Submitted", "auto-generated");
    add("MIME-Version", "1.0");
    add("Content-Type", "multipart/alternative; boundary=\"" + boundary + "\"");
    out += "\r\n--" + boundary + "\r\n" + part("text/plain", text_part(c));
    out += "--" + boundary + "\r\n" + part("text/html", html_part(c));
    out += "--" + boundary + "--\r\n";
    return out;
}

}  // namespace sluice::notification
