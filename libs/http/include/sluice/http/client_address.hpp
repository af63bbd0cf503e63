// Who the client is when proxies stand in between: X-Forwarded-For is believed only as far as each
// hop that wrote it is one of ours.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/http/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

class trusted_proxies {
public:
    trusted_proxies() = default;
    // Addresses and CIDR blocks, IPv4 and IPv6; errc::invalid names the bad one.
    static result<trusted_proxies> parse(const std::vector<std::string>& entries);

    bool contains(std::string_view address) const;
    // `peer` unless it is trusted; else the rightmost address of the header that is not.
    std::string client_of(const std::string& peer, std::string_view forwarded_for) const;

private:
    struct block {
        std::vector<std::uint8_t> bytes;  // 4 or 16
        unsigned prefix_bits;
    };
    std::vector<block> blocks_;
};

// Fills correlation id (the client's if it is a UUID), traceparent and client address of a request
// whose header is read. `peer` is the address of the other end of the connection.
void identify(request& q, const trusted_proxies& proxies, const std::string& peer);

}  // namespace sluice::http
