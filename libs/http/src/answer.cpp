// Writing of status line and header into one string, so that a small answer is a single write.
#include "sluice/http/answer.hpp"

namespace sluice::http {
namespace {

std::string_view reason(unsigned status) {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        default:
            return "Status";
    }
}

// A line break in a value would start a header of the client's choosing.
void append_value(std::string& out, std::string_view value) {
    for (const char c : value)
        out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

bool may_have_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace

const std::string& date_cache::now() {
    const std::time_t second = std::time(nullptr);
    if (second != second_) {
        second_ = second;
        std::tm parts{};
        ::gmtime_r(&second, &parts);
        char text[64];
        const std::size_t size =
            std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        text_.assign(text, size);
    }
    return text_;
}

void append_head(
    std::string& out,
    const response& answer,
    const answer_form& form,
    const std::string& date
) {
    out += "HTTP/1.1 ";
    out += std::to_string(answer.status);
    out += ' ';
    out += reason(answer.status);
    out += "\r\nDate: ";
    out += date;
    for (const auto& [name, value] : answer.headers.all()) {
        out += "\r\n";
        append_value(out, name);
        out += ": ";
        append_value(out, value);
    }
    if (answer.stream) {
        // To an old client the end of the connection is the end of the body.
        if (!form.is_http_1_0) out += "\r\nTransfer-Encoding: chunked";
    } else if (may_have_body(answer.status)) {
        out += "\r\nContent-Length: ";
        out += std::to_string(answer.body.size());
    }
    if (!form.keep_alive) {
        out += "\r\nConnection: close";
    } else if (form.is_http_1_0) {
        out += "\r\nConnection: keep-alive";
    }
    out += "\r\n\r\n";
}

bool has_body(const response& answer, const answer_form& form) {
    return !form.is_head && may_have_body(answer.status) && !answer.body.empty();
}

}  // namespace sluice::http
