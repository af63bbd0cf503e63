// Object names are the prefix and a UUID. The prefix is the operator's and is percent-encoded as
// the signature wants it; a query, which would have to be sorted, is never sent.
#include "s3_request.hpp"

#include "sluice/core/digest.hpp"

namespace sluice::submission {
namespace {

constexpr std::string_view empty_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// A server slower than this is taken for stuck.
constexpr std::int64_t least_bytes_per_ms = 128;

// RFC 3986's unreserved characters and the slash stand for themselves.
std::string encoded_path(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view("-._~/").find(c) != std::string_view::npos;
        if (is_plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::string base_url(const s3_section& c) {
    std::string endpoint = c.endpoint;
    while (endpoint.ends_with('/'))
        endpoint.pop_back();
    if (c.path_style) return endpoint + "/" + encoded_path(c.bucket) + "/";
    const std::size_t host = endpoint.find("://") + 3;
    return endpoint.substr(0, host) + c.bucket + "." + endpoint.substr(host) + "/";
}

}  // namespace

s3_request make_s3_request(
    const s3_section& c,
    uuid blob,
    std::string_view body_sha256,
    std::int64_t body_bytes,
    std::optional<byte_range> range
) {
    s3_request out;
    out.url = base_url(c) + encoded_path(c.prefix) + blob.to_string();
    out.signing = "aws:amz:" + c.region + ":s3";
    out.headers.push_back(
        "x-amz-content-sha256: " +
        (body_sha256.empty() ? std::string(empty_sha256) : to_hex(body_sha256))
    );
    std::int64_t moved = body_bytes;
    if (range) {
        const std::int64_t last = range->offset + static_cast<std::int64_t>(range->size) - 1;
        out.headers.push_back(
            "Range: bytes=" + std::to_string(range->offset) + "-" + std::to_string(last)
        );
        moved = static_cast<std::int64_t>(range->size);
    }
    out.timeout = c.timeout + std::chrono::milliseconds(moved / least_bytes_per_ms);
    return out;
}

}  // namespace sluice::submission
