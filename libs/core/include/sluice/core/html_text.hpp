// Text inside HTML.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// `<`, `>`, `&` and both quotes as entities, NUL as U+FFFD: safe between tags and in a quoted
// attribute. Other bytes stay as they are.
std::string html_escaped(std::string_view text);

}  // namespace sluice
