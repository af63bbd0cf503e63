// The text of system E's pages. Everything that comes from people is escaped here and nowhere else.
#pragma once

#include "sluice/domain/language.hpp"
#include "sluice/domain/submission.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

// `<`, `>`, `&` and quotes as entities; bytes that are not UTF-8 as U+FFFD, NUL too.
std::string escape_html(std::string_view text);

std::string login_page(std::string_view problem);

struct run_page_text {
    std::string language, source, stdin_text;  // as they were sent
    std::string problem;
    std::optional<domain::submission_view> shown;
};
std::string run_page(const std::vector<domain::language>& languages, const run_page_text& t);

// Posts the form, and shows the result as it is pushed.
std::string_view run_script();

}  // namespace sluice::submission
