// What is sent to an S3-compatible server.
#include "uploads/s3_request.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace sluice::submission {
namespace {

s3_section some_server() {
    s3_section c;
    c.endpoint = "https://s3.example.org:9000/";
    c.region = "eu-central-2";
    c.bucket = "programs";
    return c;
}

const uuid some_blob = *uuid::parse("01234567-89ab-4def-8123-456789abcdef");

bool has_line(const s3_request& q, const std::string& line) {
    return std::find(q.headers.begin(), q.headers.end(), line) != q.headers.end();
}

}  // namespace

TEST_CASE("an object's address is endpoint, bucket, prefix and id") {
    auto c = some_server();
    CHECK(
        make_s3_request(c, some_blob, "").url ==
        "https://s3.example.org:9000/programs/uploads/01234567-89ab-4def-8123-456789abcdef"
    );
    c.path_style = false;
    CHECK(
        make_s3_request(c, some_blob, "").url ==
        "https://programs.s3.example.org:9000/uploads/01234567-89ab-4def-8123-456789abcdef"
    );
}

TEST_CASE("a prefix is percent-encoded as the signature wants it") {
    auto c = some_server();
    c.prefix = "a b+c/~x?/";
    CHECK(
        make_s3_request(c, some_blob, "").url.find("/programs/a%20b%2Bc/~x%3F/0123") !=
        std::string::npos
    );
}

TEST_CASE("the hash of the body is always said, that of nothing too") {
    const auto c = some_server();
    CHECK(has_line(
        make_s3_request(c, some_blob, ""),
        "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    ));
    const std::string digest(32, '\xab');
    std::string hex;
    for (int i = 0; i < 32; ++i)
        hex += "ab";
    CHECK(has_line(make_s3_request(c, some_blob, digest, 5), "x-amz-content-sha256: " + hex));
    CHECK(make_s3_request(c, some_blob, "").signing == "aws:amz:eu-central-2:s3");
}

TEST_CASE("a part of an object is asked for by its first and last byte") {
    const byte_range range{1024, 512};
    const auto q = make_s3_request(some_server(), some_blob, "", 0, range);
    CHECK(has_line(q, "Range: bytes=1024-1535"));
}

TEST_CASE("a large object has more time") {
    const auto c = some_server();
    const std::string digest(32, 'x');
    CHECK(make_s3_request(c, some_blob, digest, 0).timeout == c.timeout);
    CHECK(
        make_s3_request(c, some_blob, digest, std::int64_t{1} << 30).timeout >
        c.timeout + std::chrono::hours(2)
    );
}

TEST_CASE("storage settings that cannot work are told") {
    uploads_section c;
    CHECK(unfit_settings(c, true).empty());
    c.storage = "s3";
    CHECK(unfit_settings(c, false).size() == 3);
    c.s3 = some_server();
    c.s3.access_key.value = "a";
    c.s3.secret_key.value = "b";
    CHECK(unfit_settings(c, true).empty());
    c.s3.endpoint = "http://s3.example.org";
    CHECK(unfit_settings(c, false).empty());
    CHECK(unfit_settings(c, true).size() == 1);
    c.max_bytes = 6_GiB;
    CHECK(unfit_settings(c, false).size() == 1);
}

}  // namespace sluice::submission
