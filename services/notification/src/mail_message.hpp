// A mail as bytes: RFC 5322 headers, a text and an HTML part in UTF-8. Pure. Nothing that a user
// wrote (program output, names) can leave its place: headers are encoded words, bodies are base64,
// HTML is escaped.
#pragma once

#include "sluice/core/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::notification {

struct mail_content {
    std::string subject;
    std::vector<std::pair<std::string, std::string>> facts;    // "Status", "accepted"
    std::vector<std::pair<std::string, std::string>> outputs;  // "Output", program text as bytes
    std::string link;                                          // empty: none
};

struct mail_envelope {
    std::string from;  // an address, or "Name <address>"
    std::string to;
    std::string message_id;  // unique: the same for every try of one mail
    wall_time at;
};

// The address in "Name <address>", or the text itself; nullopt: it can be no address of a header
// or a command of SMTP.
std::optional<std::string> mail_address(std::string_view text);

// The header's value: as it is when it is short ASCII, else encoded words (RFC 2047), folded.
std::string encoded_header(std::string_view text);
// At most so many bytes, whole characters, valid UTF-8 (what is not is replaced), with a note of
// what is missing.
std::string shortened_text(std::string_view bytes, std::size_t most);

std::string text_part(const mail_content& c);
std::string html_part(const mail_content& c);
std::string mail_bytes(const mail_envelope& e, const mail_content& c);

}  // namespace sluice::notification
