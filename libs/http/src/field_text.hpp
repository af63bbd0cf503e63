// Texts in header fields: white space around them and the case of ASCII letters mean nothing.
#pragma once

#include <algorithm>
#include <string_view>

namespace sluice::http::field_text {

// RFC 9110, 5.6.3: optional white space is spaces and tabs.
inline std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

inline char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline bool is_same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) == lower(y);
    });
}

}  // namespace sluice::http::field_text
