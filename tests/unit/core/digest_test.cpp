// Digests against the standard's own examples (FIPS 180-2), and hexadecimal digits both ways.
#include "sluice/core/digest.hpp"

#include <catch2/catch.hpp>

namespace sluice {

TEST_CASE("SHA-256 gives the digests of its standard") {
    CHECK(
        to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("bytes are written as digits and read back") {
    const std::string bytes("\0\x0f\xff~", 4);
    CHECK(to_hex(bytes) == "000fff7e");
    CHECK(from_hex("000fff7e") == bytes);
    CHECK(from_hex("000FFF7E") == bytes);
    CHECK(from_hex("") == "");
    for (const auto* wrong : {"0", "0g", "g0", "00 0", "-1"})
        CHECK_FALSE(from_hex(wrong).has_value());
}

}  // namespace sluice
