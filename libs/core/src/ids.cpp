// UUIDs, versions 4 and 7, with random bits straight from the kernel.
#include "sluice/core/ids.hpp"

#include "sluice/core/digest.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>

namespace sluice {
namespace {

void fill_random(std::uint8_t* out, std::size_t size) {
    while (size > 0) {
        const ssize_t got = ::getrandom(out, size, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            throw std::system_error(errno, std::system_category(), "getrandom");
        }
        out += got;
        size -= static_cast<std::size_t>(got);
    }
}

bool is_dash_position(std::size_t i) {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

void set_version(std::array<std::uint8_t, uuid::size>& bytes, unsigned version) {
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | (version << 4U));
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
}

// Gives the 32-bit counter that orders ids of one millisecond. A later millisecond starts at a
// random place in the lower half, so that the upper half is room to count; a clock that stepped
// back goes on counting, so that what it makes twice for one millisecond still differs and sorts.
class v7_counter {
public:
    std::uint32_t next(std::int64_t unix_ms, std::uint32_t random) {
        const std::lock_guard lock(mutex_);
        if (unix_ms > last_ms_) {
            last_ms_ = unix_ms;
            value_ = random & 0x7fffffffU;
        } else {
            ++value_;
        }
        return value_;
    }

private:
    std::mutex mutex_;
    std::int64_t last_ms_ = -1;
    std::uint32_t value_ = 0;
};

}  // namespace

std::optional<uuid> uuid::parse(std::string_view text) {
    if (text.size() != text_size) return std::nullopt;
    std::array<std::uint8_t, size> bytes{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < text_size;) {
        if (is_dash_position(i)) {
            if (text[i] != '-') return std::nullopt;
            ++i;
            continue;
        }
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[at++] = static_cast<std::uint8_t>(high << 4 | low);
        i += 2;
    }
    return uuid(bytes);
}

uuid uuid::random_v4() {
    std::array<std::uint8_t, size> bytes{};
    fill_random(bytes.data(), bytes.size());
    set_version(bytes, 4);
    return uuid(bytes);
}

uuid uuid::time_v7(std::int64_t unix_ms) {
    static v7_counter counter;
    std::array<std::uint8_t, size> bytes{};
    fill_random(bytes.data(), bytes.size());
    std::uint32_t seed = 0;
    std::memcpy(&seed, bytes.data(), sizeof seed);
    const std::uint32_t count = counter.next(unix_ms, seed);

    // Layout: 48 bits of time, version, 12 bits of counter, variant, 20 bits of counter, 42 random.
    const auto ms = static_cast<std::uint64_t>(unix_ms);
    for (unsigned i = 0; i < 6; ++i)
        bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    bytes[6] = static_cast<std::uint8_t>(count >> 28U);
    bytes[7] = static_cast<std::uint8_t>(count >> 20U);
    bytes[8] = static_cast<std::uint8_t>((count >> 14U) & 0x3fU);
    bytes[9] = static_cast<std::uint8_t>(count >> 6U);
    bytes[10] = static_cast<std::uint8_t>((count << 2U) | (bytes[10] & 0x03U));
    set_version(bytes, 7);
    return uuid(bytes);
}

std::string uuid::to_string() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out(text_size, '-');
    std::size_t at = 0;
    for (const std::uint8_t byte : bytes_) {
        if (is_dash_position(at)) ++at;
        out[at++] = digits[byte >> 4U];
        out[at++] = digits[byte & 0x0fU];
    }
    return out;
}

}  // namespace sluice

std::size_t std::hash<sluice::uuid>::operator()(const sluice::uuid& id) const noexcept {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, id.bytes().data(), sizeof high);
    std::memcpy(&low, id.bytes().data() + sizeof high, sizeof low);
    return static_cast<std::size_t>((high * 0x9e3779b97f4a7c15ULL) ^ low);
}
