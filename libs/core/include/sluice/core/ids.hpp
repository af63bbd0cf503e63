// Strong identifier types. A submission's id is a UUIDv7 (RFC 9562, 5.7: sorts by creation time);
// a correlation id is a UUIDv4 made by us or brought by the client. Users are named by text.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// 128 bits in network order. Printed as 36 lower-case characters; parse takes upper case too.
class uuid {
public:
    static constexpr std::size_t size = 16;
    static constexpr std::size_t text_size = 36;

    uuid() = default;  // the nil UUID
    explicit uuid(const std::array<std::uint8_t, size>& bytes) : bytes_(bytes) {}

    // Only the canonical 8-4-4-4-12 form; no braces, no "urn:uuid:".
    static std::optional<uuid> parse(std::string_view text);
    // Random, from the kernel (getrandom); throws std::system_error if the kernel has none.
    static uuid random_v4();
    // `unix_ms` in the first 48 bits, a per-process counter and random bits behind it, so that two
    // made in one process in the same millisecond still sort in the order they were made.
    // Thread-safe.
    static uuid time_v7(std::int64_t unix_ms);

    std::string to_string() const;
    bool is_nil() const { return *this == uuid{}; }
    int version() const { return bytes_[6] >> 4; }
    const std::array<std::uint8_t, size>& bytes() const { return bytes_; }

    friend auto operator<=>(const uuid&, const uuid&) = default;

private:
    std::array<std::uint8_t, size> bytes_{};
};

// Two ids with different tags do not convert into each other.
template <class Tag>
class uuid_id {
public:
    uuid_id() = default;
    explicit uuid_id(uuid value) : value_(value) {}
    static std::optional<uuid_id> parse(std::string_view text) {
        auto value = uuid::parse(text);
        return value ? std::optional(uuid_id(*value)) : std::nullopt;
    }
    std::string to_string() const { return value_.to_string(); }
    const uuid& value() const { return value_; }
    bool is_nil() const { return value_.is_nil(); }
    friend auto operator<=>(const uuid_id&, const uuid_id&) = default;

private:
    uuid value_;
};

using submission_id = uuid_id<struct submission_id_tag>;
using correlation_id = uuid_id<struct correlation_id_tag>;
using user_id = std::string;  // opaque, 1 to 64 characters of [A-Za-z0-9._@-]

}  // namespace sluice

template <>
struct std::hash<sluice::uuid> {
    std::size_t operator()(const sluice::uuid& id) const noexcept;
};
template <class Tag>
struct std::hash<sluice::uuid_id<Tag>> {
    std::size_t operator()(const sluice::uuid_id<Tag>& id) const noexcept {
        return std::hash<sluice::uuid>{}(id.value());
    }
};
