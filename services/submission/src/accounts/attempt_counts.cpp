// See attempt_counts.hpp.
#include "attempt_counts.hpp"

#include <boost/asio/ip/address.hpp>

namespace sluice::submission {

std::string counted_address(const std::string& address) {
    boost::system::error_code failed;
    const auto parsed = boost::asio::ip::make_address(address, failed);
    if (failed || !parsed.is_v6()) return address;
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

attempt_verdict
attempt_counts::attempt(const std::string& login, const std::string& address, steady_time now) {
    const auto by_address = count("a" + address, rules_.per_address, now);
    if (!by_address.is_allowed || login.empty()) return by_address;
    return count("l" + login, rules_.per_account, now);
}

void attempt_counts::succeeded(const std::string& login, const std::string& address) {
    windows_.erase("l" + login);
    const auto found = windows_.find("a" + address);
    if (found != windows_.end() && found->second.count > 0) --found->second.count;
}

attempt_verdict
attempt_counts::count(const std::string& key, std::int64_t limit, steady_time now) {
    make_room(now);
    window& w = windows_[key];
    if (w.count == 0 || w.until <= now) {
        w.count = 0;
        w.until = now + rules_.window;
    }
    attempt_verdict out;
    if (++w.count <= limit) return out;
    out.is_allowed = false;
    out.retry_after = std::chrono::ceil<std::chrono::milliseconds>(w.until - now);
    return out;
}

void attempt_counts::make_room(steady_time now) {
    if (windows_.size() < max_windows) return;
    std::erase_if(windows_, [now](const auto& one) { return one.second.until <= now; });
    if (windows_.size() >= max_windows) windows_.clear();
}

}  // namespace sluice::submission
