// Output into Redis: a stream for each submission for those who join late, and the channel of the
// same name for those who are there.
#pragma once

#include "live_ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::execution {

class redis_output final : public output_sink {
public:
    redis_output(redis::client& redis, std::chrono::milliseconds ttl) : redis_(redis), ttl_(ttl) {}
    awaitable<result<void>> publish(output_batch batch) override;

private:
    redis::client& redis_;
    std::chrono::milliseconds ttl_;
};

// XADD and PUBLISH for each piece, then PEXPIRE.
std::vector<std::vector<std::string>>
output_commands(const output_batch& batch, std::chrono::milliseconds ttl);

}  // namespace sluice::execution
