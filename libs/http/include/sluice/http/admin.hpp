// The internal listener of every service: /metrics /healthz /readyz /buildinfo, PUT /log-level. Not
// for the public.
#pragma once

#include "sluice/http/server.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sluice::http {

struct admin_config {
    std::string address = "127.0.0.1";
    std::int64_t port = 0;
};
void describe(config_visitor& v, admin_config& c);

struct readiness {
    bool is_ready = false;
    // Each thing the service needs, by name, with what is wrong (empty: fine): {"rabbitmq", ""}.
    std::vector<std::pair<std::string, std::string>> checks;
};

class admin_server {
public:
    admin_server(
        asio::any_io_executor executor,
        std::string service,
        admin_config config,
        std::function<readiness()> ready
    );
    ~admin_server();
    // Runs just before /metrics is answered: refresh gauges there.
    void on_scrape(std::function<void()> refresh);
    void add_route(bound_route extra);  // before listen()
    result<void> listen();
    std::string local_address() const;
    awaitable<void> close();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sluice::http
