// Cookies as browsers send them, and whether a request that carries one may be believed: a browser
// sends a user's cookies for any page that asks it to.
#pragma once

#include "sluice/http/message.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

// The first of this name, in whichever Cookie header.
std::optional<std::string> find_cookie(const request& q, std::string_view name);

struct cookie_form {
    bool is_secure = false;
    std::string same_site = "Lax";
};
// A Set-Cookie value; HttpOnly, for the whole site. No `lives`: gone at once.
std::string set_cookie(
    std::string_view name,
    std::string_view value,
    std::chrono::seconds lives,
    const cookie_form& form
);

// True when a page of another site made the request: by Origin and Sec-Fetch-Site, which a page
// cannot forge. A program sends neither. `origins`: others that are trusted; "*" trusts nobody.
bool is_of_another_site(const request& q, const std::vector<std::string>& origins);

}  // namespace sluice::http
