// See html_text.hpp.
#include "sluice/core/html_text.hpp"

namespace sluice {

std::string html_escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            case '\0':
                out += "\xef\xbf\xbd";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace sluice
