// Where a webhook may go: the rules for a callback's URL and headers, and for the address that its
// host turns out to have. Pure; the URL is checked when it is accepted, the address at every
// connection, because what a name resolves to is its owner's to change.
#pragma once

#include "sluice/core/config.hpp"
#include "sluice/domain/validation.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::domain {

struct callback_policy {
    bool enabled = false;
    bool allow_http = true;
    bool allow_loopback = false;                  // development only
    std::vector<std::string> ports{"80", "443"};  // "any": all of them
};
void describe(config_visitor& v, callback_policy& c);
// What cannot work, or is refused in production; one sentence each.
std::vector<std::string> unfit_settings(const callback_policy& c, bool is_production);

struct callback_bounds {
    std::size_t max_url_bytes = 2048;
    std::size_t max_headers = 16;
    std::size_t max_header_name_bytes = 64;
    std::size_t max_header_value_bytes = 1024;
};

// All problems, of the fields callback_url and callback_headers; none: `c.host` is filled in.
std::vector<input_problem>
check_callback(callback& c, const callback_policy& policy, const callback_bounds& bounds = {});

// Why nothing is sent to this address (4 bytes or 16, network order); nullopt: it is public.
std::optional<std::string_view>
refusal_of_address(std::span<const std::uint8_t> address, bool allow_loopback);

}  // namespace sluice::domain
