// What the live workers can run, from their announcements in Redis; asked for at most every two
// seconds, and one question serves all who ask meanwhile.
#pragma once

#include "../ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

class redis_workers final : public worker_reader {
public:
    redis_workers(redis::client& client, const clock& time) : client_(client), time_(time) {}

    const worker_knowledge& last_known() const override { return known_; }
    awaitable<worker_knowledge> fresh() override;

private:
    awaitable<result<std::vector<std::string>>> read_reports();

    redis::client& client_;
    const clock& time_;
    worker_knowledge known_;
    std::optional<steady_time> read_at_;
};

// The best of several workers for each language: one that has it beats all that have not.
worker_knowledge combine_reports(const std::vector<std::string>& reports);

}  // namespace sluice::submission
