// W3C Trace Context (traceparent, version 00): making one and judging one from outside.
#include "sluice/observe/context.hpp"

#include "sluice/core/ids.hpp"

#include <algorithm>
#include <string_view>

namespace sluice::observe {
namespace {

void append_hex(std::string& out, const std::uint8_t* bytes, std::size_t size) {
    static constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < size; ++i) {
        out += digits[bytes[i] >> 4U];
        out += digits[bytes[i] & 0x0fU];
    }
}

bool is_lower_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

bool is_all_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::string make_traceparent() {
    const uuid trace = uuid::random_v4();
    const uuid span = uuid::random_v4();
    std::string out;
    out.reserve(55);
    out += "00-";
    append_hex(out, trace.bytes().data(), 16);
    out += '-';
    append_hex(out, span.bytes().data(), 8);
    out += "-01";
    return out;
}

bool is_valid_traceparent(const std::string& text) {
    constexpr std::size_t size = 55;
    const std::string_view view = text;
    if (view.size() < size || view.size() > 256) return false;
    const std::string_view version = view.substr(0, 2);
    if (!is_lower_hex(version) || version == "ff") return false;
    // A later version may carry more behind a further dash; version 00 may not.
    if (view.size() > size && (version == "00" || view[size] != '-')) return false;
    if (view[2] != '-' || view[35] != '-' || view[52] != '-') return false;
    const std::string_view trace = view.substr(3, 32);
    const std::string_view span = view.substr(36, 16);
    return is_lower_hex(trace) && !is_all_zero(trace) && is_lower_hex(span) && !is_all_zero(span) &&
           is_lower_hex(view.substr(53, 2));
}

}  // namespace sluice::observe
