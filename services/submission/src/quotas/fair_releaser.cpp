// See fair_releaser.hpp.
#include "fair_releaser.hpp"

#include "fair_order.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

constexpr std::chrono::seconds release_safety_interval{10};
constexpr std::chrono::milliseconds pause_after_failed_release{500};
constexpr std::int64_t users_at_once = 500;
constexpr std::size_t wishes_at_once = 64;
// Of those that were cancelled: they need no room.
constexpr std::int64_t cancelled_at_once = 32;
constexpr std::chrono::minutes longest_release{1};

}  // namespace

fair_releaser::fair_releaser(
    asio::any_io_executor executor,
    redis::config redis_config,
    postgres_held& held,
    redis_flight& flight,
    task_queue& queue,
    const clock& time,
    std::function<std::int64_t()> window,
    std::chrono::milliseconds lifetime
)
    : executor_(executor)
    , held_(held)
    , flight_(flight)
    , queue_(queue)
    , time_(time)
    , window_(std::move(window))
    , lifetime_(lifetime)
    , woken_(executor)
    , released_(observe::metrics::instance().get_counter(
          "sluice_submission_released_total",
          "held tasks that were published when their user's turn came"
      ))
    , subscriber_(
          executor,
          "submission-flight",
          std::move(redis_config),
          [this](std::string_view, std::string_view user) { wish(user_id(user), false); },
          [this] { look_at_all(); }
      ) {}

awaitable<result<void>> fair_releaser::connect(deadline until) {
    auto connected = co_await subscriber_.connect(until);
    co_return connected;
}

void fair_releaser::stop() {
    is_stopping_ = true;
    woken_.set();
}

void fair_releaser::change(std::chrono::milliseconds lifetime) {
    lifetime_ = lifetime;
    look_at_all();
}

void fair_releaser::wish(const user_id& user, bool was_cancelled) {
    wished_[user] |= was_cancelled;
    woken_.set();
}

void fair_releaser::look_at_all() {
    is_all_wished_ = true;
    woken_.set();
}

awaitable<void> fair_releaser::run() {
    bool was_well = true;
    woken_.set();  // what an earlier process left held
    while (!is_stopping_) {
        const auto woken = co_await woken_.wait(deadline::in(release_safety_interval));
        if (!woken && woken.error() == errc::cancelled) co_return;
        if (is_stopping_) co_return;
        if (!woken) is_all_wished_ = true;
        woken_.reset();
        if (is_all_wished_) co_await find_all();
        wishes some;
        while (!wished_.empty() && some.size() < wishes_at_once)
            some.insert(wished_.extract(wished_.begin()));
        if (some.empty()) continue;
        if (!wished_.empty()) woken_.set();
        const auto done = co_await release(std::move(some));
        if (done) {
            was_well = true;
            continue;
        }
        if (was_well) observe::warn({}, "release_failed", {{"error", done.error()}});
        was_well = false;
        is_all_wished_ = true;
        runtime::event pause(executor_);
        const auto waited = co_await pause.wait(deadline::in(pause_after_failed_release));
        if (!waited && waited.error() == errc::cancelled) co_return;
    }
}

awaitable<void> fair_releaser::find_all() {
    is_all_wished_ = false;
    // If Redis was away when it was asked for; nothing otherwise.
    static_cast<void>(co_await subscriber_.subscribe(std::string(messages::keys::flight_channel)));
    const auto settled = co_await held_.settle_finished(time_.now());
    const auto users = co_await held_.users(users_at_once);
    if (!settled || !users) co_return;
    for (const auto& user : *users)
        wished_[user] = true;
}

awaitable<result<std::vector<postgres_held::share>>> fair_releaser::shares_of(wishes users) {
    std::vector<user_id> names;
    for (const auto& [user, was_cancelled] : users)
        names.push_back(user);
    const auto counts = co_await flight_.standing(names);
    if (!counts) co_return counts.error();
    const std::int64_t window = window_();
    std::vector<postgres_held::share> shares;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool was_cancelled = users[names[i]];
        const auto& count = (*counts)[i];
        std::int64_t at_most = std::max<std::int64_t>(0, window - count.standing);
        if (was_cancelled) at_most += cancelled_at_once;
        // Who has nothing waiting is not looked for; the slow look does not believe that.
        if (at_most == 0 || (!was_cancelled && count.all <= count.standing)) continue;
        shares.push_back({names[i], at_most});
    }
    co_return shares;
}

awaitable<result<std::size_t>> fair_releaser::release(wishes users) {
    std::size_t count = 0;
    if (!queue_.is_connected()) co_return fail(errc::unavailable, "the broker is away");
    auto shares = co_await shares_of(std::move(users));
    if (!shares) co_return shares.error();
    if (shares->empty()) co_return count;
    auto tx = co_await held_.begin();
    if (!tx) co_return tx.error();
    auto claimed = co_await postgres_held::claim(*tx, std::move(*shares));
    if (!claimed) co_return claimed.error();
    if (claimed->empty()) co_return count;
    auto standing = co_await let_stand(std::move(*claimed), window_());
    if (!standing) co_return standing.error();
    if (standing->empty()) co_return count;
    auto confirmed = co_await publish(std::move(*standing));
    count = confirmed.size();
    if (count == 0) co_return fail(errc::unavailable, "the broker confirmed none");
    const auto marked = co_await postgres_held::released(*tx, std::move(confirmed), time_.now());
    if (!marked) co_return marked.error();
    const auto done = co_await tx->commit();
    if (!done) co_return done.error();
    released_.increment(static_cast<double>(count));
    co_return count;
}

// Those that have a place, the users in turn.
awaitable<result<std::vector<outgoing_task>>>
fair_releaser::let_stand(std::vector<held_task> claimed, std::int64_t window) {
    std::map<user_id, std::vector<held_task>> of;
    for (auto& each : claimed)
        of[each.task.owner].push_back(std::move(each));
    std::vector<std::vector<outgoing_task>> queues;
    for (auto& [user, tasks] : of) {
        std::vector<redis_flight::candidate> candidates;
        for (const auto& each : tasks)
            candidates.push_back({each.task.id, each.is_unwanted});
        const auto stands = co_await flight_.stand(user, std::move(candidates), window);
        if (!stands) co_return stands.error();
        auto& queue = queues.emplace_back();
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            if (!(*stands)[i]) continue;
            renew_deadline(tasks[i].task);
            queue.push_back(std::move(tasks[i].task));
        }
    }
    co_return in_turn(std::move(queues));
}

// A fair wait is nobody's fault: who waited for half of his time or more gets all of it again.
void fair_releaser::renew_deadline(outgoing_task& task) const {
    const wall_time now = time_.now();
    if (task.deadline_at - now >= lifetime_ / 2) return;
    auto decoded = messages::decode_task(task.body);
    if (!decoded) return;
    decoded->deadline_at = now + lifetime_;
    task.deadline_at = decoded->deadline_at;
    task.body = messages::encode(*decoded);
}

awaitable<std::vector<outgoing_task>> fair_releaser::publish(std::vector<outgoing_task> tasks) {
    auto confirmed = std::make_shared<std::vector<submission_id>>();
    {
        runtime::gate together(executor_, [](const std::string&, std::exception_ptr thrown) {
            observe::error({}, "release_failed", {{"error", sluice::describe(thrown)}});
        });
        for (const auto& task : tasks)
            together.spawn("release", publish_one(task, confirmed));
        co_await together.close(longest_release);
    }
    std::erase_if(tasks, [&confirmed](const auto& task) {
        return std::ranges::find(*confirmed, task.id) == confirmed->end();
    });
    co_return tasks;
}

awaitable<void> fair_releaser::publish_one(
    outgoing_task task,
    std::shared_ptr<std::vector<submission_id>> confirmed
) {
    const submission_id id = task.id;
    const auto done = co_await queue_.publish(std::move(task));
    if (done) confirmed->push_back(id);
}

}  // namespace sluice::submission
