// A desk of quotas over scripted servers, and what its answers' headers say.
#pragma once

#include "fakes.hpp"
#include "quotas/quota_desk.hpp"

#include "sluice/testing/run_coro.hpp"

#include <algorithm>

namespace sluice::submission::testing {

class scripted_store final : public quota_store {
public:
    awaitable<result<quota_facts>> read(quota_subject, std::string day) override {
        ++reads;
        days.push_back(std::move(day));
        if (is_away) co_return fail(errc::unavailable);
        co_return facts;
    }
    awaitable<result<void>> replace(user_id, quota_overrides values, std::vector<audit_entry>)
        override {
        facts.overrides = std::move(values);
        co_return result<void>();
    }
    quota_facts facts;
    std::vector<std::string> days;
    int reads = 0;
    bool is_away = false;
};

class scripted_flight final : public flight_register {
public:
    awaitable<result<flight_verdict>>
    begin(quota_subject, std::vector<admission_item> items, flight_rules r) override {
        rules = r;
        if (is_away) co_return fail(errc::unavailable);
        flight_verdict v;
        v.released = std::min(items.size(), room);
        if (exceeded) v.exceeded = exceeded;
        co_return v;
    }
    awaitable<result<void>> end(user_id, std::vector<submission_id> ids) override {
        ended.insert(ended.end(), ids.begin(), ids.end());
        co_return result<void>();
    }
    awaitable<result<flight_level>> level(quota_subject) override { co_return flight_level{}; }

    flight_rules rules;
    std::optional<quota_state> exceeded;
    std::size_t room = 1000;
    bool is_away = false;
    std::vector<submission_id> ended;
};

class scripted_meter final : public request_meter {
public:
    awaitable<std::vector<bucket_level>> take(std::vector<account> accounts, std::int64_t cost)
        override {
        asked = accounts;
        std::vector<bucket_level> out;
        for (const auto& each : accounts)
            out.push_back(buckets.take(each.whose, each.rate, cost, now));
        co_return out;
    }
    token_buckets buckets;
    steady_time now{};
    std::vector<account> asked;
};

struct desk_world {
    asio::io_context io;
    scripted_store store;
    scripted_flight flight;
    scripted_meter meter;
    fake_workers workers;
    fixed_clock time;
    queue_level queue{
        0,
        observe::metrics::instance().get_gauge("sluice_test_queued", "for a test"),
        observe::metrics::instance().get_gauge("sluice_test_held", "for a test")};
    quota_settings settings;
    quota_desk desk{store, flight, meter, queue, workers, time, settings};
    uuid key = uuid::random_v4();

    request_verdict request(bool with_key = false) {
        return sluice::testing::run_coro(io, [&]() -> awaitable<request_verdict> {
            quota_subject who{"ada"};
            if (with_key) who.key = key;
            return desk.request(std::move(who));
        });
    }
    outcome<std::size_t> admit(std::size_t count = 1, std::int64_t bytes = 10) {
        return sluice::testing::run_coro(io, [&]() -> awaitable<outcome<std::size_t>> {
            std::vector<admission_item> items(count);
            for (auto& item : items)
                item.bytes = bytes;
            quota_subject who{"ada"};
            return desk.admit({}, std::move(who), std::move(items));
        });
    }
};

inline std::string
header(const std::vector<std::pair<std::string, std::string>>& all, const char* name) {
    for (const auto& [each, value] : all) {
        if (each == name) return value;
    }
    return "";
}

}  // namespace sluice::submission::testing
