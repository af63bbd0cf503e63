// Whether somebody may go on: the one place that knows limits, overrides and what was used. What
// PostgreSQL knows of a user is remembered for a second, so that is how late a change is seen and
// by how much a sum may be overshot. While Redis is away, requests are counted by this process
// alone and submissions are let through (they are bounded by the outbox and the queue); while
// PostgreSQL is away, what was known last holds. See docs/operations.md.
#pragma once

#include "ports.hpp"
#include "queue_level.hpp"

#include <unordered_map>

namespace sluice::submission {

struct quota_settings {
    quota_limits user, key;
    std::int64_t window = 0;  // 0: by the number of slots
};

class quota_desk final : public admission_control, public request_gate, public storage_quota {
public:
    quota_desk(
        quota_store& store,
        flight_register& flight,
        request_meter& meter,
        const queue_level& queue,
        worker_reader& workers,
        const clock& time,
        quota_settings settings
    );
    void add(usage_source& source) { sources_.push_back(&source); }
    void change(quota_settings settings) { settings_ = settings; }
    void use(release_wish& releaser) { releaser_ = &releaser; }
    std::int64_t window() const;

    awaitable<request_verdict> request(quota_subject who) override;
    awaitable<outcome<std::size_t>>
    admit(observe::context ctx, quota_subject who, std::vector<admission_item> items) override;
    awaitable<void> withdraw(user_id user, std::vector<submission_id> ids) override;
    void held(const user_id& user) override;
    void cancelled(const user_id& user) override;
    awaitable<std::vector<quota_state>> stored(quota_subject who) override;
    void stored_more(const user_id& user) override;

    // Each limit of the user and, when he comes with one, of his key.
    awaitable<result<std::vector<quota_state>>> states(quota_subject who);
    awaitable<result<quota_overrides>> overrides(user_id user);
    const quota_settings& settings() const { return settings_; }
    quota_store& store() { return store_; }
    void forget(const user_id& user);

private:
    struct entry {
        quota_facts facts;
        std::string day;
        steady_time until;
    };
    awaitable<result<quota_facts>> facts_of(quota_subject who);
    awaitable<quota_facts> facts_or_last(quota_subject who);
    std::optional<rejection> cpu_used_up(const quota_subject& who, const quota_facts& f) const;

    quota_store& store_;
    flight_register& flight_;
    request_meter& meter_;
    const queue_level& queue_;
    worker_reader& workers_;
    const clock& time_;
    quota_settings settings_;
    std::vector<usage_source*> sources_;
    release_wish* releaser_ = nullptr;
    std::unordered_map<std::string, entry> known_;
};

}  // namespace sluice::submission
