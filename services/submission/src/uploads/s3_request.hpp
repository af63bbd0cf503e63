// A request to an S3-compatible server as plain data: what libcurl is to send and to sign. Pure.
#pragma once

#include "uploads_config.hpp"

#include "sluice/core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

struct s3_request {
    std::string url;
    std::string signing;  // libcurl's CURLOPT_AWS_SIGV4
    // All of them are signed; x-amz-content-sha256 is one, because libcurl adds none by itself and
    // servers refuse a request without it.
    std::vector<std::string> headers;
    std::chrono::milliseconds timeout{};
};

struct byte_range {
    std::int64_t offset = 0;
    std::size_t size = 0;
};

// `body_sha256`: 32 bytes; empty: there is no body.
s3_request make_s3_request(
    const s3_section& c,
    uuid blob,
    std::string_view body_sha256,
    std::int64_t body_bytes = 0,
    std::optional<byte_range> range = {}
);

}  // namespace sluice::submission
