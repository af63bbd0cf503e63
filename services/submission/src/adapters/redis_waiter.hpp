// Ends and live output of submissions, pushed by Redis. Theory of operation: one SUBSCRIBE
// connection for the service; each watched submission is one channel, shared by all who watch it
// and given up with the last of them. After a reconnection every watch is woken, because a message
// may have been missed.
#pragma once

#include "../ports.hpp"

#include "sluice/redis/client.hpp"
#include "sluice/redis/subscriber.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <unordered_map>

namespace sluice::submission {

class redis_waiter final : public finish_waiter, public live_output {
public:
    // `client` reads the stored output; the rest has a connection of its own.
    redis_waiter(
        asio::any_io_executor executor,
        redis::config c,
        runtime::gate& tasks,
        redis::client& client
    );
    ~redis_waiter() override;

    awaitable<result<void>> connect(deadline until) { return subscriber_.connect(until); }
    bool is_connected() const { return subscriber_.is_connected(); }
    std::unique_ptr<finish_watch> watch(submission_id id) override;
    std::unique_ptr<output_watch> watch(submission_id id, runtime::event& woken) override;
    awaitable<result<std::vector<domain::output_piece>>>
    read(submission_id id, std::int64_t attempt, std::int64_t seq, std::size_t count) override;
    bool is_draining() const override { return is_draining_; }
    // Every watch, now and later, ends with shutting_down: a drain does not sit out ?wait=30.
    void release_all();
    awaitable<void> close() { return subscriber_.close(); }

private:
    class watch_of_channel;
    class watch_of_output;
    class subscription;
    struct channel;

    void on_message(std::string_view name);
    void on_gap();
    awaitable<void> subscribe(std::shared_ptr<channel> c);
    std::shared_ptr<channel> join(std::string name);
    void leave(channel& c, subscription& s);

    asio::any_io_executor executor_;
    runtime::gate& tasks_;
    redis::client& client_;
    std::unordered_map<std::string, std::shared_ptr<channel>> channels_;
    bool is_draining_ = false;
    redis::subscriber subscriber_;
};

}  // namespace sluice::submission
