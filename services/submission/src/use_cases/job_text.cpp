// See job_text.hpp.
#include "job_text.hpp"

#include "sluice/messages/json.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::size_t longest_character = 4;

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string readable(std::string_view bytes) {
    if (messages::is_valid_utf8(bytes)) return std::string(bytes);
    std::string out;
    out.reserve(bytes.size() + 16);
    for (std::size_t at = 0; at < bytes.size();) {
        std::size_t length = 0;
        for (std::size_t n = 1; n <= longest_character && at + n <= bytes.size(); ++n) {
            if (!messages::is_valid_utf8(bytes.substr(at, n))) continue;
            length = n;
            break;
        }
        out += length == 0 ? replacement : bytes.substr(at, length);
        at += std::max<std::size_t>(length, 1);
    }
    return out;
}

std::vector<std::string_view> cut(std::string_view text, std::size_t size) {
    std::vector<std::string_view> parts;
    while (text.size() > size) {
        std::size_t end = size;
        for (std::size_t back = 1; back < longest_character && is_continuation(text[end]); ++back)
            --end;
        if (is_continuation(text[end])) end = size;  // no UTF-8, so it does not matter where
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    if (!text.empty()) parts.push_back(text);
    return parts;
}

bool told_output::take(const domain::output_piece& p) {
    if (p.attempt != attempt_) {
        // The program is run again, from its beginning.
        *this = told_output();
        attempt_ = p.attempt;
    }
    const bool is_gap = p.seq != seq_ + 1;
    if (is_gap) is_whole_ = false;
    seq_ = p.seq;
    bytes_[static_cast<std::size_t>(p.stream)] += p.data.size();
    return is_gap;
}

std::vector<told_output::rest> told_output::left(const domain::run_result& r) const {
    using domain::output_stream;
    std::vector<rest> out;
    const bool is_same = r.attempt == attempt_ || seq_ == 0;
    if (is_same && !is_whole_) return out;
    const auto add = [&](output_stream stream, const std::string& all) {
        const std::size_t told = is_same ? bytes_[static_cast<std::size_t>(stream)] : 0;
        if (all.size() > told) out.push_back({stream, std::string_view(all).substr(told)});
    };
    add(output_stream::out, r.stdout_bytes);
    add(output_stream::err, r.stderr_bytes);
    return out;
}

}  // namespace sluice::submission
