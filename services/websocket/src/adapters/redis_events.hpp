// A user's stored events, page by page.
#pragma once

#include "../ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::websocket {

class redis_events final : public event_source {
public:
    explicit redis_events(redis::client& client) : client_(client) {}
    awaitable<result<std::vector<stored_event>>>
    read(sluice::user_id user, stream_id after, std::int64_t count) override;

private:
    redis::client& client_;
};

}  // namespace sluice::websocket
