// Results for others like them, in Redis: for a while, so many, and none that is large.
#pragma once

#include "../config.hpp"
#include "../ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::notification {

class redis_result_cache final : public result_cache {
public:
    redis_result_cache(redis::client& client, const clock& time, cache_config settings)
        : client_(client), time_(time), settings_(settings) {}

    awaitable<result<void>> keep(std::string key, std::string encoded_result) override;
    std::size_t largest() const override;
    void change(cache_config settings) { settings_ = settings; }

private:
    redis::client& client_;
    const clock& time_;
    cache_config settings_;
};

}  // namespace sluice::notification
