// Ids of events, "<unix ms>-<sequence>" as Redis streams make them: pure. They order all events of
// one user.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::websocket {

struct stream_id {
    std::uint64_t ms = 0;
    std::uint64_t sequence = 0;

    // Canonical form only: two decimal numbers of 64 bits, no signs, no leading zeros.
    static std::optional<stream_id> parse(std::string_view text);
    std::string to_string() const;
    friend auto operator<=>(const stream_id&, const stream_id&) = default;
};

// What Redis knows of a user's stream.
struct stream_facts {
    bool exists = false;
    stream_id last_generated;
    // Redis keeps no record of which ids it trimmed, only that more were added than are kept.
    bool is_trimmed = false;
    std::optional<stream_id> first;  // the oldest that is kept
};

// Where a session begins: everything after `from` is sent, and `resync` says that something between
// what the client has and `from` may be lost.
struct start_position {
    stream_id from;
    bool resync = false;
};

// `given`: the client's last_event_id; nullopt when it gave none. `is_malformed`: it gave one that
// is no id.
start_position
find_start(const std::optional<stream_id>& given, bool is_malformed, const stream_facts& stream);

}  // namespace sluice::websocket
