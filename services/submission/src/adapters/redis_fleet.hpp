// The instances of all services, through Redis: their announcements, orders into the stream of each
// service, answers by pub/sub.
#pragma once

#include "../admin_ports.hpp"

#include "sluice/redis/client.hpp"
#include "sluice/redis/subscriber.hpp"
#include "sluice/runtime/event.hpp"

#include <memory>

namespace sluice::submission {

class redis_fleet final : public fleet_port {
public:
    redis_fleet(
        asio::any_io_executor executor,
        redis::client& client,
        redis::config config,
        const clock& time
    );
    awaitable<result<void>> connect(deadline until);
    awaitable<void> close();

    awaitable<result<std::vector<live_instance>>> live() override;
    awaitable<result<told>> tell(fleet::order o, std::vector<instance_ref> whom) override;
    awaitable<result<void>> show_settings(std::string service, runtime::setting_overrides values)
        override;

private:
    struct pending;
    class registration;
    awaitable<result<void>> hear_answers();
    void on_answer(std::string_view payload);

    asio::any_io_executor executor_;
    redis::client& client_;
    const clock& time_;
    redis::subscriber answers_;
    std::map<std::string, std::shared_ptr<pending>> pending_;  // by the order's id
};

}  // namespace sluice::submission
