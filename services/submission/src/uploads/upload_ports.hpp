// What uploads need from the world: rows, and a place for their bytes. A blob is named by a random
// id of ours, never by anything that a client said.
#pragma once

#include "../quotas/admission.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::submission {

struct upload {
    uuid id;  // a UUIDv7
    std::int64_t number = 0;
    user_id owner;
    std::optional<uuid> key_id;  // the API key that it came with
    std::string name;
    std::string content_type;
    std::string language;  // empty: not said
    std::int64_t size_bytes = 0;
    std::string sha256;  // 32 bytes
    uuid blob;
    wall_time created_at;
};

struct blob_facts {
    std::int64_t size_bytes = 0;
    std::string sha256;
};

// One blob while it is written. Destroyed before finish() succeeded: nothing of it stays.
class blob_writer {
public:
    virtual ~blob_writer() = default;
    virtual awaitable<result<void>> write(std::string bytes) = 0;
    // Success: it survives a crash of the machine.
    virtual awaitable<result<blob_facts>> finish() = 0;
};

// errc::unavailable or timeout: the storage is away.
class blob_store {
public:
    virtual ~blob_store() = default;
    virtual awaitable<result<std::unique_ptr<blob_writer>>> create(uuid blob) = 0;
    // Up to `size` bytes from `offset`; errc::not_found.
    virtual awaitable<result<std::string>>
    read(uuid blob, std::int64_t offset, std::size_t size) = 0;
    // Success also when there is none.
    virtual awaitable<result<void>> remove(uuid blob) = 0;
};

class upload_rows {
public:
    virtual ~upload_rows() = default;
    // Before the blob's first byte: the sweeper knows it from `sweep_in` on.
    virtual awaitable<result<void>> announce(uuid blob, std::chrono::milliseconds sweep_in) = 0;
    // The upload takes its blob; its number. errc::conflict: the sweeper was there first.
    virtual awaitable<result<std::int64_t>> insert(upload made) = 0;
    // nullopt: unknown, or another user's.
    virtual awaitable<result<std::optional<upload>>> read(user_id owner, uuid id) = 0;
    virtual awaitable<result<std::optional<upload>>> read_number(user_id owner, std::int64_t n) = 0;
    // Newest first, those before `before` when given.
    virtual awaitable<result<std::vector<upload>>>
    list(user_id owner, std::optional<uuid> before, std::size_t limit) = 0;
    // The blob that is to be removed; nullopt: unknown, or another user's.
    virtual awaitable<result<std::optional<uuid>>> remove(user_id owner, uuid id) = 0;
    // Blobs that nobody needs, each given to one asker for `lease`.
    virtual awaitable<result<std::vector<uuid>>>
    claim_orphans(std::size_t limit, std::chrono::milliseconds lease) = 0;
    virtual awaitable<result<void>> forget(uuid blob) = 0;  // its bytes are gone
};

struct upload_rules {
    std::int64_t max_bytes = 0;
    std::chrono::milliseconds timeout{};  // of one upload in all
    std::size_t max_running = 0;
};

struct upload_ports {
    upload_rows& rows;
    blob_store& blobs;
    const clock& time;
    upload_rules rules;
    std::size_t running = 0;         // uploads that come at this moment
    storage_quota* quota = nullptr;  // null: there is none
};

}  // namespace sluice::submission
