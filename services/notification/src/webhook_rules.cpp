// See webhook_rules.hpp.
#include "webhook_rules.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/core/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace sluice::notification {
namespace {

std::string hmac_sha256(const std::string& key, const std::string& text) {
    std::array<unsigned char, 32> digest{};
    unsigned int size = 0;
    const auto* made = ::HMAC(
        EVP_sha256(),
        key.data(),
        static_cast<int>(key.size()),
        reinterpret_cast<const unsigned char*>(text.data()),
        text.size(),
        digest.data(),
        &size
    );
    SLUICE_ASSERT(made != nullptr && size == digest.size());
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

std::string signature_of(
    std::span<const std::string> secrets,
    std::int64_t unix_seconds,
    std::string_view body
) {
    const std::string time = std::to_string(unix_seconds);
    std::string out = "t=" + time;
    const std::string text = time + "." + std::string(body);
    for (const std::string& secret : secrets)
        out += ",v1=" + hmac_sha256(secret, text);
    return out;
}

std::chrono::milliseconds
pause_after(std::int64_t tries, const webhook_retries& r, std::uint64_t random) {
    auto pause = r.first_pause;
    for (std::int64_t i = 1; i < tries && pause < r.longest_pause; ++i)
        pause *= 2;
    pause = std::min(pause, r.longest_pause);
    const auto half = static_cast<std::uint64_t>(pause.count() / 2);
    return pause - std::chrono::milliseconds(static_cast<std::int64_t>(random % (half + 1)));
}

webhook_verdict judge(
    const webhook_delivery& d,
    const webhook_answer& a,
    const webhook_retries& r,
    wall_time now,
    std::uint64_t random
) {
    webhook_verdict v;
    if (a.error.empty() && a.http_status && *a.http_status >= 200 && *a.http_status < 300) {
        v.what = webhook_verdict::kind::delivered;
        return v;
    }
    v.pause = pause_after(d.tries, r, random);
    const bool is_over =
        a.is_final || d.tries >= r.max_tries || now + v.pause > d.since + r.max_age;
    v.what = is_over ? webhook_verdict::kind::failed : webhook_verdict::kind::again;
    return v;
}

}  // namespace sluice::notification
