// Publishes what is held, as its user's turn comes. Theory of operation: of each user at most a
// window of tasks stands in the queue or runs; the rest are rows that say `held`. When notification
// stores a result of a user of whom something waits, Redis says so (flight_channel); then, in one
// transaction, rows of that user are claimed (`skip locked`), take their places in the set of those
// that stand (one script, never beyond the window, whatever other replicas do), are published and
// marked. A crash in between publishes a task twice, which its id makes harmless; a place that was
// taken for nothing is given back when the row is claimed again. Users are served in turn. A slow
// look at the table finds what no message told of.
#pragma once

#include "../adapters/postgres_held.hpp"
#include "ports.hpp"

#include "sluice/redis/subscriber.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <functional>
#include <map>

namespace sluice::submission {

class fair_releaser final : public release_wish {
public:
    fair_releaser(
        asio::any_io_executor executor,
        redis::config redis_config,
        postgres_held& held,
        redis_flight& flight,
        task_queue& queue,
        const clock& time,
        std::function<std::int64_t()> window,
        std::chrono::milliseconds lifetime
    );

    awaitable<result<void>> connect(deadline until);
    awaitable<void> run();  // until stop()
    void stop();
    awaitable<void> close() { return subscriber_.close(); }
    void change(std::chrono::milliseconds lifetime);
    void wish(const user_id& user, bool was_cancelled) override;
    void look_at_all();  // the window may be wider now

    // One turn of these users; how many were released. Public for tests.
    using wishes = std::map<user_id, bool>;
    awaitable<result<std::size_t>> release(wishes users);

private:
    awaitable<result<std::vector<postgres_held::share>>> shares_of(wishes users);
    awaitable<result<std::vector<outgoing_task>>>
    let_stand(std::vector<held_task> claimed, std::int64_t window);
    awaitable<std::vector<outgoing_task>> publish(std::vector<outgoing_task> tasks);
    awaitable<void>
    publish_one(outgoing_task task, std::shared_ptr<std::vector<submission_id>> confirmed);
    awaitable<void> find_all();
    void renew_deadline(outgoing_task& task) const;

    asio::any_io_executor executor_;
    postgres_held& held_;
    redis_flight& flight_;
    task_queue& queue_;
    const clock& time_;
    std::function<std::int64_t()> window_;
    std::chrono::milliseconds lifetime_;
    wishes wished_;
    bool is_all_wished_ = true;
    runtime::event woken_;
    bool is_stopping_ = false;
    observe::counter released_;
    redis::subscriber subscriber_;
};

}  // namespace sluice::submission
