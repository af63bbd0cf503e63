// Attempts counted in this process alone, for the time without Redis. Fixed windows: the first
// attempt opens one, and at its end the count begins anew.
#pragma once

#include "ports.hpp"

#include <string>
#include <unordered_map>

namespace sluice::submission {

struct attempt_rules {
    std::int64_t per_account = 10;
    std::int64_t per_address = 100;
    std::chrono::milliseconds window{std::chrono::minutes(5)};
};

// How an address counts: an IPv6 client has a /64 to choose from, so that is what counts.
std::string counted_address(const std::string& address);

class attempt_counts {
public:
    explicit attempt_counts(attempt_rules rules) : rules_(rules) {}
    // `login`: empty, or whatever names the account. Over the address's limit the account's count
    // stays as it is: nobody can lock out others faster than that.
    attempt_verdict attempt(const std::string& login, const std::string& address, steady_time now);
    void succeeded(const std::string& login, const std::string& address);

private:
    struct window {
        std::int64_t count = 0;
        steady_time until;
    };
    attempt_verdict count(const std::string& key, std::int64_t limit, steady_time now);
    void make_room(steady_time now);

    static constexpr std::size_t max_windows = 20'000;
    attempt_rules rules_;
    std::unordered_map<std::string, window> windows_;
};

}  // namespace sluice::submission
