// Addresses as bytes, compared by prefix.
#include "sluice/http/client_address.hpp"

#include "field_text.hpp"

#include "sluice/core/ids.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <optional>

namespace sluice::http {
namespace {

namespace ip = boost::asio::ip;

// An IPv4 address that came in IPv6 clothes is the IPv4 address.
std::optional<ip::address> parse_address(std::string_view text) {
    boost::system::error_code failed;
    const ip::address address = ip::make_address(std::string(text), failed);
    if (failed) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    }
    return address;
}

std::vector<std::uint8_t> bytes_of(const ip::address& address) {
    if (address.is_v4()) {
        const auto bytes = address.to_v4().to_bytes();
        return {bytes.begin(), bytes.end()};
    }
    const auto bytes = address.to_v6().to_bytes();
    return {bytes.begin(), bytes.end()};
}

bool has_prefix(
    const std::vector<std::uint8_t>& address,
    const std::vector<std::uint8_t>& prefix,
    unsigned bits
) {
    if (address.size() != prefix.size()) return false;
    for (std::size_t i = 0; bits > 0; ++i) {
        const unsigned here = std::min(bits, 8U);
        const auto mask = static_cast<std::uint8_t>(0xffU << (8 - here));
        if ((address[i] & mask) != (prefix[i] & mask)) return false;
        bits -= here;
    }
    return true;
}

using field_text::trimmed;

}  // namespace

result<trusted_proxies> trusted_proxies::parse(const std::vector<std::string>& entries) {
    trusted_proxies result;
    for (const std::string& entry : entries) {
        const std::size_t slash = entry.find('/');
        const auto address = parse_address(std::string_view(entry).substr(0, slash));
        if (!address) return fail(errc::invalid, "trusted proxy '" + entry + "' is no address");
        block b{bytes_of(*address), 0};
        const auto all_bits = static_cast<unsigned>(b.bytes.size() * 8);
        b.prefix_bits = all_bits;
        if (slash != std::string::npos) {
            const char* end = entry.data() + entry.size();
            const auto [rest, status] =
                std::from_chars(entry.data() + slash + 1, end, b.prefix_bits);
            if (status != std::errc() || rest != end || b.prefix_bits > all_bits) {
                return fail(errc::invalid, "trusted proxy '" + entry + "' has a bad prefix length");
            }
        }
        result.blocks_.push_back(std::move(b));
    }
    return result;
}

bool trusted_proxies::contains(std::string_view text) const {
    if (blocks_.empty()) return false;
    const auto address = parse_address(text);
    if (!address) return false;
    const auto bytes = bytes_of(*address);
    for (const block& b : blocks_) {
        if (has_prefix(bytes, b.bytes, b.prefix_bits)) return true;
    }
    return false;
}

std::string trusted_proxies::client_of(const std::string& peer, std::string_view forwarded_for)
    const {
    std::string client = peer;
    while (contains(client) && !forwarded_for.empty()) {
        const std::size_t comma = forwarded_for.rfind(',');
        const std::size_t start = comma == std::string_view::npos ? 0 : comma + 1;
        const auto next = parse_address(trimmed(forwarded_for.substr(start)));
        if (!next) break;  // what is no address cannot be walked past
        client = next->to_string();
        forwarded_for = comma == std::string_view::npos ? "" : forwarded_for.substr(0, comma);
    }
    return client;
}

void identify(request& q, const trusted_proxies& proxies, const std::string& peer) {
    const auto sent_id = uuid::parse(q.headers.get("X-Correlation-Id"));
    q.ctx.correlation_id = (sent_id ? *sent_id : uuid::random_v4()).to_string();
    q.ctx.traceparent = q.headers.get("traceparent");
    if (!observe::is_valid_traceparent(q.ctx.traceparent)) {
        q.ctx.traceparent = observe::make_traceparent();
    }
    q.client_address = proxies.client_of(peer, q.headers.get("X-Forwarded-For"));
}

}  // namespace sluice::http
