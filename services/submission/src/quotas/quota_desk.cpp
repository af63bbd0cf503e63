// See quota_desk.hpp.
#include "quota_desk.hpp"

#include "fair_order.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

constexpr std::chrono::milliseconds memory_lifetime{1000};
constexpr std::size_t memory_size = 10'000;
constexpr int full_retry_seconds = 5;
constexpr std::int64_t us_per_second = 1'000'000;

std::string memory_key(const quota_subject& who) {
    return who.key ? who.user + '\n' + who.key->to_string() : who.user;
}

quota_state state_of(quota what, bool is_of_key, std::int64_t maximum, std::int64_t used) {
    quota_state s;
    s.what = what;
    s.is_of_key = is_of_key;
    s.maximum = maximum;
    s.used = used;
    return s;
}

quota_state requests_state(
    const request_meter::account& account,
    const bucket_level& level,
    bool is_of_key,
    wall_time now
) {
    auto s = state_of(quota::requests, is_of_key, account.rate, account.rate - level.left);
    s.renews_at = now + (level.is_allowed ? level.until_full : level.until_next);
    return s;
}

// The user's and the key's, those that have a limit.
std::vector<request_meter::account>
accounts_of(const quota_subject& who, const quota_limits& user, const quota_limits& key) {
    std::vector<request_meter::account> out;
    if (user.requests_per_second > 0) out.push_back({"user:" + who.user, user.requests_per_second});
    if (who.key && key.requests_per_second > 0) {
        out.push_back({"key:" + who.key->to_string(), key.requests_per_second});
    }
    return out;
}

// Of a user's entry and of those of his keys.
bool is_memory_of(const std::string& key, const user_id& user) {
    return key == user || key.starts_with(user + '\n');
}

bool is_of_key(const request_meter::account& account) {
    return account.whose.starts_with("key:");
}

}  // namespace

quota_desk::quota_desk(
    quota_store& store,
    flight_register& flight,
    request_meter& meter,
    const queue_level& queue,
    worker_reader& workers,
    const clock& time,
    quota_settings settings
)
    : store_(store)
    , flight_(flight)
    , meter_(meter)
    , queue_(queue)
    , workers_(workers)
    , time_(time)
    , settings_(settings) {}

std::int64_t quota_desk::window() const {
    return window_of(settings_.window, workers_.last_known().slots);
}

awaitable<result<quota_facts>> quota_desk::facts_of(quota_subject who) {
    const std::string key = memory_key(who);
    const std::string day = day_of(time_.now());
    const auto known = known_.find(key);
    if (known != known_.end() && known->second.day == day && time_.steady() < known->second.until) {
        co_return known->second.facts;
    }
    // Whoever asks meanwhile takes the old answer instead of asking as well.
    if (known != known_.end()) known->second.until = time_.steady() + memory_lifetime;
    auto facts = co_await store_.read(who, day);
    if (!facts) co_return facts.error();
    for (usage_source* source : sources_) {
        const auto more = co_await source->stored_bytes(who);
        if (!more) co_return more.error();
        facts->user.stored_bytes += more->user;
        facts->key.stored_bytes += more->key;
    }
    if (known_.size() >= memory_size) known_.clear();
    known_[key] = entry{*facts, day, time_.steady() + memory_lifetime};
    co_return facts;
}

awaitable<quota_facts> quota_desk::facts_or_last(quota_subject who) {
    auto facts = co_await facts_of(who);
    if (facts) co_return std::move(*facts);
    const auto known = known_.find(memory_key(who));
    co_return known == known_.end() ? quota_facts{} : known->second.facts;
}

void quota_desk::forget(const user_id& user) {
    std::erase_if(known_, [&user](const auto& each) { return is_memory_of(each.first, user); });
}

awaitable<request_verdict> quota_desk::request(quota_subject who) {
    request_verdict out;
    const quota_facts facts = co_await facts_or_last(who);
    const auto accounts = accounts_of(who, with(settings_.user, facts.overrides), settings_.key);
    if (accounts.empty()) co_return out;
    const auto levels = co_await meter_.take(accounts, 1);
    const wall_time now = time_.now();
    // Told is the one that is nearest to its end, or that is at it.
    std::size_t told = 0;
    for (std::size_t i = 1; i < levels.size(); ++i) {
        const bool is_worse = levels[told].is_allowed && !levels[i].is_allowed;
        const bool is_same = levels[told].is_allowed == levels[i].is_allowed;
        if (is_worse || (is_same && levels[i].left < levels[told].left)) told = i;
    }
    const auto& level = levels[told];
    const auto state = requests_state(accounts[told], level, is_of_key(accounts[told]), now);
    out.headers = rate_limit_headers(state, seconds_until(*state.renews_at, now));
    if (!level.is_allowed) out.refused = quota_exceeded(state, 1, now);
    co_return out;
}

std::optional<rejection> quota_desk::cpu_used_up(const quota_subject& who, const quota_facts& f)
    const {
    const wall_time now = time_.now();
    const auto look = [now](bool of_key, std::int64_t seconds, std::int64_t used_us) {
        std::optional<rejection> no;
        if (seconds <= 0 || used_us < seconds * us_per_second) return no;
        auto s = state_of(quota::cpu, of_key, seconds, used_us / us_per_second);
        s.renews_at = next_day(now);
        no = quota_exceeded(s, 1, now);
        return no;
    };
    const quota_limits user = with(settings_.user, f.overrides);
    auto no = look(false, user.cpu_seconds_per_day, f.user.cpu_us_today);
    if (!no && who.key) no = look(true, settings_.key.cpu_seconds_per_day, f.key.cpu_us_today);
    return no;
}

awaitable<outcome<std::size_t>>
quota_desk::admit(observe::context ctx, quota_subject who, std::vector<admission_item> items) {
    if (queue_.is_full()) {
        co_return reject(
            "queue_full",
            "more work is queued here than is taken at a time; come back later",
            full_retry_seconds
        );
    }
    const quota_facts facts = co_await facts_or_last(who);
    if (auto no = cpu_used_up(who, facts)) co_return std::move(*no);
    flight_rules rules;
    rules.window = window();
    rules.user = with(settings_.user, facts.overrides);
    rules.key = settings_.key;
    rules.stored_of_user = facts.user.stored_bytes;
    rules.stored_of_key = facts.key.stored_bytes;
    const std::size_t count = items.size();
    std::int64_t bytes = 0;
    for (const auto& item : items)
        bytes += item.bytes;
    auto verdict = co_await flight_.begin(who, std::move(items), rules);
    if (!verdict) {
        observe::debug(ctx, "flight_unknown", {{"error", verdict.error()}});
        co_return count;
    }
    if (verdict->exceeded) {
        const bool is_bytes = verdict->exceeded->what == quota::stored;
        const auto wanted = is_bytes ? bytes : static_cast<std::int64_t>(count);
        co_return quota_exceeded(*verdict->exceeded, wanted, time_.now());
    }
    co_return verdict->released;
}

awaitable<void> quota_desk::withdraw(user_id user, std::vector<submission_id> ids) {
    static_cast<void>(co_await flight_.end(std::move(user), std::move(ids)));
}

void quota_desk::held(const user_id& user) {
    if (releaser_ != nullptr) releaser_->wish(user, false);
}

void quota_desk::cancelled(const user_id& user) {
    if (releaser_ != nullptr) releaser_->wish(user, true);
}

awaitable<std::vector<quota_state>> quota_desk::stored(quota_subject who) {
    const quota_facts facts = co_await facts_or_last(who);
    const auto of_user = with(settings_.user, facts.overrides).stored_bytes;
    const auto of_key = who.key ? settings_.key.stored_bytes : 0;
    std::vector<quota_state> out;
    if (of_user == 0 && of_key == 0) co_return out;
    const auto level = co_await flight_.level(who);
    const flight_level tasks = level ? *level : flight_level{};
    const auto add = [&out](bool is_of_key, std::int64_t maximum, std::int64_t used) {
        if (maximum > 0) out.push_back(state_of(quota::stored, is_of_key, maximum, used));
    };
    add(false, of_user, facts.user.stored_bytes + tasks.user_bytes);
    add(true, of_key, facts.key.stored_bytes + tasks.key_bytes);
    co_return out;
}

// Asked for again, and not forgotten: it is what holds when PostgreSQL is away.
void quota_desk::stored_more(const user_id& user) {
    for (auto& [key, remembered] : known_) {
        if (is_memory_of(key, user)) remembered.until = time_.steady();
    }
}

awaitable<result<quota_overrides>> quota_desk::overrides(user_id user) {
    quota_subject who;
    who.user = std::move(user);
    auto facts = co_await store_.read(std::move(who), day_of(time_.now()));
    if (!facts) co_return facts.error();
    co_return std::move(facts->overrides);
}

awaitable<result<std::vector<quota_state>>> quota_desk::states(quota_subject who) {
    // Asked for by people, who want to see what they just did.
    forget(who.user);
    const auto facts = co_await facts_of(who);
    if (!facts) co_return facts.error();
    const auto level = co_await flight_.level(who);
    if (!level) co_return level.error();
    const wall_time now = time_.now();
    std::vector<quota_state> out;
    const auto add = [&](bool of_key, const quota_limits& limits, const usage& used) {
        auto requests = state_of(quota::requests, of_key, limits.requests_per_second, 0);
        const auto in_flight = of_key ? level->key : level->user;
        const auto bytes = of_key ? level->key_bytes : level->user_bytes;
        auto cpu = state_of(quota::cpu, of_key, limits.cpu_seconds_per_day, 0);
        cpu.used = used.cpu_us_today / us_per_second;
        cpu.renews_at = next_day(now);
        out.push_back(requests);
        out.push_back(state_of(quota::in_flight, of_key, limits.submissions_in_flight, in_flight));
        out.push_back(cpu);
        out.push_back(
            state_of(quota::stored, of_key, limits.stored_bytes, used.stored_bytes + bytes)
        );
    };
    const quota_limits user = with(settings_.user, facts->overrides);
    add(false, user, facts->user);
    if (who.key) add(true, settings_.key, facts->key);
    const auto accounts = accounts_of(who, user, settings_.key);
    if (accounts.empty()) co_return out;
    const auto levels = co_await meter_.take(accounts, 0);
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const auto state = requests_state(accounts[i], levels[i], is_of_key(accounts[i]), now);
        for (auto& shown : out) {
            const bool is_same = shown.is_of_key == state.is_of_key;
            if (is_same && shown.what == quota::requests) shown = state;
        }
    }
    co_return out;
}

}  // namespace sluice::submission
