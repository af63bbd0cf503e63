// One instance of a service as its administrators see it: it tells Redis that it lives and what it
// does, takes orders from its service's stream, answers them, and keeps the values that
// administrators put over its configuration. Best effort: without Redis the instance works on. The
// same orders can be given on the internal listener.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/fleet/orders.hpp"
#include "sluice/http/admin.hpp"
#include "sluice/redis/client.hpp"
#include "sluice/redis/subscriber.hpp"
#include "sluice/runtime/event.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace sluice::fleet {

inline constexpr std::chrono::seconds announcement_lifetime{30};
inline constexpr std::chrono::milliseconds announced_every{10'000};

// host:pid:random
std::string make_instance_id();

// What a service lets be done with itself.
class manageable {
public:
    virtual ~manageable() = default;
    // errc::invalid says why that makes no sense here.
    virtual result<void> pause() = 0;
    virtual result<void> resume() = 0;
    virtual bool is_paused() const = 0;
    // What there is to say of the service's own: slots, running jobs, …
    virtual void report(nlohmann::json& into) const = 0;
};

// ZADD sluice:instances:<service> <expiry> <id>, SET sluice:instance:<service>:<id> <report> EX 30.
std::vector<std::vector<std::string>> announcement(
    const std::string& service,
    const std::string& id,
    const std::string& report,
    wall_time now
);

class member {
public:
    struct who {
        std::string service;  // "execution"
        std::string id;
    };
    member(
        asio::any_io_executor executor,
        redis::client& client,
        redis::config config,
        const clock& time,
        who self,
        manageable& what
    );

    void use(runtime::live_settings& settings) { settings_ = &settings; }
    void change_interval(std::chrono::milliseconds every) { every_ = every; }

    // Until stop(); then it is withdrawn.
    awaitable<void> run();
    void stop();
    awaitable<void> close();  // after run() has ended

    void add_routes(http::admin_server& server);  // before it listens
    nlohmann::json report() const;
    // What an order does, without the way that it came.
    awaitable<answer> perform(order o);
    // Shown as draining from now on.
    void is_draining() { is_draining_ = true; }

private:
    awaitable<void> listen();
    awaitable<void> take_orders();
    awaitable<void> take_one(order o);
    awaitable<void> announce();
    awaitable<void> withdraw();
    runtime::settings_verdict follow(const std::string& text);
    nlohmann::json settings_json() const;
    http::bound_route route(std::string path, std::string summary, action what);
    awaitable<http::response> obey(http::request q, action what);

    redis::client& redis_;
    const clock& time_;
    who self_;
    manageable& what_;
    runtime::live_settings* settings_ = nullptr;
    runtime::event woken_;
    redis::subscriber channel_;
    std::chrono::milliseconds every_ = announced_every;
    std::string last_order_;  // id in the stream; empty: not known yet
    runtime::setting_overrides refused_;
    wall_time started_at_;
    bool is_listening_ = false;
    bool is_stopping_ = false;
    bool is_draining_ = false;
    bool was_well_ = true;
    bool was_announced_ = false;
};

}  // namespace sluice::fleet
