// A store, an event sink and a pause that do as the test says.
#pragma once

#include "ports.hpp"

#include "sluice/testing/manual_clock.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace sluice::notification::testing {

inline submission_id some_id() {
    return submission_id(uuid::time_v7(1'700'000'000'000));
}

inline domain::run_result a_result(submission_id id, std::string output = "hello\n") {
    domain::run_result r;
    r.id = id;
    r.correlation_id = correlation_id(uuid::random_v4());
    r.user_id = "alice";
    r.language = "python3";
    r.status = domain::status::accepted;
    r.stdout_bytes = std::move(output);
    r.worker_id = "w1";
    r.times.created_at = from_unix_ms(1'699'999'999'000);
    return r;
}

class fake_store final : public result_store {
public:
    awaitable<result<std::vector<stored_result>>> store(std::vector<domain::run_result> results
    ) override {
        ++store_calls;
        if (!failures.empty()) {
            error e = failures.front();
            failures.pop_front();
            co_return e;
        }
        for (const auto& r : results) {
            if (refused.contains(r.id)) co_return fail(errc::refused, "no such status");
        }
        std::vector<stored_result> out;
        for (auto& r : results) {
            const bool is_new = rows.try_emplace(r.id, r).second;
            const auto batch = batch_of.find(r.id);
            out.push_back({rows.at(r.id), "", is_new});
            if (batch != batch_of.end()) out.back().batch_id = batch->second;
        }
        co_return out;
    }
    awaitable<result<std::vector<domain::batch_view>>> finished_batches(std::vector<uuid> ids
    ) override {
        ++batch_calls;
        std::vector<domain::batch_view> out;
        for (const auto& id : ids) {
            const auto is_open = [&](const auto& member) {
                return member.second == id && !rows.contains(member.first);
            };
            if (std::ranges::any_of(batch_of, is_open)) continue;
            domain::batch_view& b = out.emplace_back();
            b.id = id;
            b.user_id = "alice";
            b.finished_at = from_unix_ms(1'700'000'000'000);
        }
        co_return out;
    }
    awaitable<result<void>> check() override {
        if (!is_healthy) co_return fail(errc::refused, "read-only");
        co_return result<void>();
    }
    awaitable<result<std::vector<domain::submission_view>>>
    overdue(wall_time from, wall_time to, std::int64_t limit) override {
        asked.emplace_back(from, to);
        std::vector<domain::submission_view> out;
        for (const auto& v : late) {
            if (rows.contains(v.id) || static_cast<std::int64_t>(out.size()) >= limit) continue;
            out.push_back(v);
        }
        co_return out;
    }

    std::map<submission_id, domain::run_result> rows;
    std::map<submission_id, uuid> batch_of;
    int batch_calls = 0;
    std::deque<error> failures;  // of the next calls
    std::set<submission_id> refused;
    bool is_healthy = true;
    int store_calls = 0;
    std::vector<domain::submission_view> late;
    std::vector<std::pair<wall_time, wall_time>> asked;
};

class fake_events final : public event_sink {
public:
    awaitable<std::vector<result<std::string>>> emit(std::vector<emission> events) override {
        std::vector<result<std::string>> out;
        for (emission& e : events) {
            if (failing > 0) {
                --failing;
                out.emplace_back(fail(errc::unavailable, "away"));
                continue;
            }
            sent.push_back(std::move(e));
            out.emplace_back(std::to_string(sent.size()) + "-0");
        }
        co_return out;
    }
    std::vector<emission> sent;
    int failing = 0;  // of the next events
};

class fake_pause final : public retry_pause {
public:
    awaitable<bool> wait(int) override { co_return waits++ < allowed; }
    int allowed = 100;
    int waits = 0;
};

struct world {
    fake_store store;
    fake_events events;
    fake_pause pause;
    sluice::testing::manual_clock time;
    probe metrics;
    ports p{store, events, pause, time, metrics, 256 << 10};
};

}  // namespace sluice::notification::testing
