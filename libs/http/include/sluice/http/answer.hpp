// An answer as the bytes that go out.
#pragma once

#include "sluice/http/message.hpp"

#include <ctime>
#include <string>

namespace sluice::http {

struct answer_form {
    bool is_head = false;  // length, but no body
    bool keep_alive = true;
    bool is_http_1_0 = false;  // keep-alive must then be said
};

// "Sat, 21 Nov 2026 04:26:01 GMT", made once a second.
class date_cache {
public:
    const std::string& now();

private:
    std::time_t second_ = 0;
    std::string text_;
};

// Appends status line and header; the body is left to the caller, who may send it without a copy.
void append_head(
    std::string& out,
    const response& answer,
    const answer_form& form,
    const std::string& date
);

bool has_body(const response& answer, const answer_form& form);

}  // namespace sluice::http
