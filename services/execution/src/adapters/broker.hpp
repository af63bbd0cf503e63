// The broker's two connections behind the service's ports: confirmed results and transient progress
// on one, tasks on the other.
#pragma once

#include "ports.hpp"

#include "sluice/amqp/consumer.hpp"
#include "sluice/amqp/publisher.hpp"

namespace sluice::execution {

class broker_channel final : public confirm_channel {
public:
    explicit broker_channel(amqp::publisher& publisher) : publisher_(publisher) {}
    awaitable<result<void>> publish(std::string queue, amqp::message m, deadline until) override {
        return publisher_.publish(std::move(queue), std::move(m), until);
    }

private:
    amqp::publisher& publisher_;
};

class broker_progress final : public progress_sink {
public:
    broker_progress(amqp::publisher& publisher, std::string queue)
        : publisher_(publisher), queue_(std::move(queue)) {}
    void publish(const observe::context& ctx, const domain::progress& p) override;

private:
    amqp::publisher& publisher_;
    std::string queue_;
};

class broker_tasks final : public task_source {
public:
    explicit broker_tasks(amqp::consumer& consumer) : consumer_(consumer) {}
    awaitable<result<amqp::delivery>> receive() override { return consumer_.receive(); }
    void ack(amqp::delivery_tag tag) override { consumer_.ack(tag); }
    void nack(amqp::delivery_tag tag, bool requeue) override { consumer_.nack(tag, requeue); }
    void pause() override { consumer_.pause(); }
    void resume() override { consumer_.resume(); }
    void set_reserve(std::uint16_t reserve) override { consumer_.set_reserve(reserve); }
    awaitable<void> stop() override { return consumer_.stop(); }

private:
    amqp::consumer& consumer_;
};

}  // namespace sluice::execution
