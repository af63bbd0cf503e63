// See egress_policy.hpp.
#include "egress_policy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace sluice::sandbox {

namespace {

using bytes = std::array<std::uint8_t, 16>;

struct range {
    bool is_v6;
    unsigned bits;
    bytes address;
};

constexpr range special_ranges[] = {
    {false, 8, {0}},           // this host
    {false, 8, {10}},          // private
    {false, 10, {100, 64}},    // carriers
    {false, 8, {127}},         // loopback
    {false, 16, {169, 254}},   // link-local: metadata of clouds
    {false, 12, {172, 16}},    // private
    {false, 24, {192, 0, 0}},  // protocol assignments
    {false, 16, {192, 168}},   // private
    {false, 15, {198, 18}},    // benchmarks
    {false, 4, {224}},         // multicast
    {false, 4, {240}},         // reserved, broadcast
    {true, 96, {}},            // unspecified, loopback, IPv4 in IPv6
    {true, 96, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}},
    {true, 96, {0, 0x64, 0xff, 0x9b}},  // translated to IPv4
    {true, 48, {0, 0x64, 0xff, 0x9b, 0, 1}},
    {true, 32, {0x20, 0x01, 0, 0}},  // tunnelled IPv4
    {true, 16, {0x20, 0x02}},
    {true, 7, {0xfc}},         // private
    {true, 10, {0xfe, 0x80}},  // link-local
    {true, 10, {0xfe, 0xc0}},  // site-local
    {true, 8, {0xff}},         // multicast
};

bool has_prefix(const std::uint8_t* address, const std::uint8_t* prefix, unsigned bits) {
    if (std::memcmp(address, prefix, bits / 8) != 0) return false;
    const unsigned left = bits % 8;
    if (left == 0) return true;
    const unsigned mask = 0xff00U >> left & 0xffU;
    return ((address[bits / 8] ^ prefix[bits / 8]) & mask) == 0;
}

bool contains(const range& r, bool is_v6, const std::uint8_t* address) {
    return r.is_v6 == is_v6 && has_prefix(address, r.address.data(), r.bits);
}

unsigned all_bits(bool is_v6) {
    return is_v6 ? 128 : 32;
}

bool matches(const protocol::egress_rule& rule, const egress_target& target) {
    return (rule.is_v6 != 0) == target.is_v6 && rule.port == target.port &&
           has_prefix(target.address.data(), rule.address, rule.bits);
}

// The rule itself lies in every special range that the target lies in.
bool means_it(const protocol::egress_rule& rule, const egress_target& target) {
    return std::ranges::all_of(special_ranges, [&](const range& r) {
        return !contains(r, target.is_v6, target.address.data()) ||
               (rule.bits >= r.bits && contains(r, target.is_v6, rule.address));
    });
}

std::optional<unsigned> number_in(std::string_view text, unsigned highest) {
    unsigned value = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || value > highest) return std::nullopt;
    return value;
}

}  // namespace

std::optional<protocol::egress_rule> parse_egress_rule(std::string_view text) {
    if (text.ends_with("/tcp")) text.remove_suffix(4);
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = number_in(text.substr(colon + 1), 65535);
    std::string_view where = text.substr(0, colon);
    const std::size_t slash = where.find('/');
    std::string_view range = slash == where.npos ? std::string_view() : where.substr(slash + 1);
    where = where.substr(0, slash);
    const bool is_v6 = where.starts_with('[');
    if (is_v6) {
        // The bracket closes after the address or after the range: both are written.
        std::string_view& last = where.ends_with(']') ? where : range;
        if (!last.ends_with(']')) return std::nullopt;
        last.remove_suffix(1);
        where.remove_prefix(1);
    }
    const auto bits =
        slash == text.npos ? std::optional(all_bits(is_v6)) : number_in(range, all_bits(is_v6));
    protocol::egress_rule rule;
    const std::string address(where);
    if (!port || !bits || address.find('\0') != address.npos ||
        ::inet_pton(is_v6 ? AF_INET6 : AF_INET, address.c_str(), rule.address) != 1) {
        return std::nullopt;
    }
    rule.is_v6 = is_v6 ? 1 : 0;
    rule.bits = static_cast<std::uint8_t>(*bits);
    rule.port = static_cast<std::uint16_t>(*port);
    if (!is_valid(rule)) return std::nullopt;
    return rule;
}

bool is_valid(const protocol::egress_rule& rule) {
    if (rule.is_v6 > 1 || rule.port == 0 || rule.bits > all_bits(rule.is_v6 != 0)) return false;
    bytes kept{};
    for (unsigned bit = 0; bit < rule.bits; ++bit) {
        const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
        kept[bit / 8] = static_cast<std::uint8_t>(kept[bit / 8] | (rule.address[bit / 8] & mask));
    }
    return std::memcmp(kept.data(), rule.address, kept.size()) == 0;
}

bool is_permitted(
    std::span<const protocol::egress_rule> rules,
    const egress_target& target,
    bool is_own
) {
    return std::ranges::any_of(rules, [&](const protocol::egress_rule& rule) {
        return matches(rule, target) && means_it(rule, target) &&
               (!is_own || rule.bits == all_bits(target.is_v6));
    });
}

}  // namespace sluice::sandbox
