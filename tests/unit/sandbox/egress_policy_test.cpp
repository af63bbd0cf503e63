// Which targets a list of rules permits, and what may stand in such a list.
#include "egress_policy.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>

#include <string>

using namespace sluice::sandbox;

namespace {

bool permits(
    std::vector<std::string> texts,
    const std::string& address,
    std::uint16_t port,
    bool is_own = false
) {
    std::vector<protocol::egress_rule> rules;
    for (const std::string& text : texts) {
        const auto rule = parse_egress_rule(text);
        REQUIRE(rule);
        rules.push_back(*rule);
    }
    egress_target target;
    target.is_v6 = address.find(':') != std::string::npos;
    target.port = port;
    REQUIRE(
        ::inet_pton(target.is_v6 ? AF_INET6 : AF_INET, address.c_str(), target.address.data()) == 1
    );
    return is_permitted(rules, target, is_own);
}

}  // namespace

TEST_CASE("an address and a port are permitted as written, and no others") {
    CHECK(permits({"93.184.216.34:443"}, "93.184.216.34", 443));
    CHECK_FALSE(permits({"93.184.216.34:443"}, "93.184.216.34", 80));
    CHECK_FALSE(permits({"93.184.216.34:443"}, "93.184.216.35", 443));
    CHECK_FALSE(permits({"93.184.216.34:443"}, "2606:2800::1", 443));
    CHECK(permits({"[2606:2800::/32]:443/tcp"}, "2606:2800:220:1::1", 443));
    CHECK_FALSE(permits({"[2606:2800::/32]:443"}, "2606:2801::1", 443));
    CHECK_FALSE(permits({}, "93.184.216.34", 443));
}

TEST_CASE("a prefix that ends inside a byte is looked at to the bit") {
    CHECK(permits({"93.184.208.0/20:80"}, "93.184.223.255", 80));
    CHECK_FALSE(permits({"93.184.208.0/20:80"}, "93.184.224.0", 80));
    CHECK(permits({"0.0.0.0/1:80"}, "93.184.216.34", 80));
    CHECK_FALSE(permits({"128.0.0.0/1:80"}, "93.184.216.34", 80));
}

TEST_CASE("a wide rule does not mean loopback, private, link-local or translated addresses") {
    for (const char* address :
         {"127.0.0.1",
          "127.255.255.254",
          "0.0.0.0",
          "0.1.2.3",
          "10.255.0.1",
          "100.64.0.1",
          "100.127.255.255",
          "169.254.169.254",
          "172.16.0.1",
          "172.31.255.255",
          "192.0.0.192",
          "192.168.255.255",
          "198.18.0.1",
          "198.19.255.255",
          "224.0.0.251",
          "239.1.1.1",
          "240.0.0.1",
          "255.255.255.255"}) {
        INFO(address);
        CHECK_FALSE(permits({"0.0.0.0/0:80", "[::]/0:80"}, address, 80));
    }
    for (const char* address :
         {"::",
          "::1",
          "::127.0.0.1",
          "::ffff:127.0.0.1",
          "::ffff:93.184.216.34",
          "64:ff9b::7f00:1",
          "64:ff9b:1::1",
          "2001:0:4136::1",
          "2002:7f00:1::1",
          "fc00::1",
          "fdff::1",
          "fe80::1",
          "febf::1",
          "fec0::1",
          "ff02::1"}) {
        INFO(address);
        CHECK_FALSE(permits({"0.0.0.0/0:80", "[::]/0:80"}, address, 80));
    }
}

TEST_CASE("the neighbours of special ranges are ordinary addresses") {
    for (const char* address :
         {"1.0.0.1",
          "9.255.255.255",
          "11.0.0.0",
          "100.63.255.255",
          "100.128.0.0",
          "126.1.1.1",
          "128.0.0.1",
          "169.253.1.1",
          "169.255.1.1",
          "172.15.255.255",
          "172.32.0.0",
          "192.0.1.1",
          "192.167.1.1",
          "192.169.1.1",
          "198.17.1.1",
          "198.20.1.1",
          "223.255.255.255"}) {
        INFO(address);
        CHECK(permits({"0.0.0.0/0:80"}, address, 80));
    }
    CHECK(permits({"[::]/0:80"}, "2606:2800:220:1::1", 80));
    CHECK(permits({"[::]/0:80"}, "2001:4860:4860::8888", 80));
}

TEST_CASE("a rule within a special range means it, and no other special range") {
    CHECK(permits({"10.1.0.0/16:5432"}, "10.1.2.3", 5432));
    CHECK_FALSE(permits({"10.1.0.0/16:5432"}, "10.2.2.3", 5432));
    CHECK(permits({"127.0.0.1:80"}, "127.0.0.1", 80));
    CHECK_FALSE(permits({"127.0.0.1:80"}, "127.0.0.2", 80));
    CHECK_FALSE(permits({"8.0.0.0/6:80"}, "10.0.0.1", 80));
    CHECK(permits({"8.0.0.0/6:80"}, "9.0.0.1", 80));
    CHECK(permits({"[fd00::/8]:80"}, "fd12::1", 80));
}

TEST_CASE("an address of this machine is permitted only by a rule that names it alone") {
    CHECK_FALSE(permits({"0.0.0.0/0:80", "93.184.216.0/24:80"}, "93.184.216.34", 80, true));
    CHECK(permits({"93.184.216.34:80"}, "93.184.216.34", 80, true));
    CHECK(permits({"[2606:2800::1]:80"}, "2606:2800::1", 80, true));
    CHECK_FALSE(permits({"[2606:2800::/64]:80"}, "2606:2800::1", 80, true));
}

TEST_CASE("what is no rule is refused") {
    for (const char* text :
         {"",
          ":",
          "1.2.3.4",
          "1.2.3.4:",
          "1.2.3.4:0",
          "1.2.3.4:65536",
          "1.2.3.4:-1",
          "1.2.3.4:80x",
          "1.2.3.4/33:80",
          "1.2.3.4/:80",
          "1.2.3.4/24:80",
          "1.2.3:80",
          "example.org:80",
          "1.2.3.4:80/udp",
          "1.2.3.4:53/icmp",
          "::1:80",
          "[::1:80",
          "[1.2.3.4]:80",
          "[::1]/129:80",
          "[::1]/64:80",
          " 1.2.3.4:80",
          "1.2.3.4:80 ",
          "0.0.0.0/0:*"}) {
        INFO(text);
        CHECK_FALSE(parse_egress_rule(text));
    }
    CHECK_FALSE(parse_egress_rule(std::string("1.2.3.4\0:80", 11)));
}
