// The orders that can be given on the internal listener: GET /status, POST /pause, /resume, /drain.
#include "sluice/fleet/member.hpp"
#include "sluice/http/problem.hpp"

#include <nlohmann/json.hpp>

#include <csignal>

namespace sluice::fleet {

void member::add_routes(http::admin_server& server) {
    http::bound_route status = route("/status", "What this instance does", action::report);
    status.method = http::verb::get;
    server.add_route(std::move(status));
    server.add_route(route("/pause", "Take no new work", action::pause));
    server.add_route(route("/resume", "Take work again", action::resume));
    server.add_route(route("/drain", "Finish what is in hand and exit", action::drain));
}

http::bound_route member::route(std::string path, std::string summary, action what) {
    return {
        http::verb::post,
        std::move(path),
        [this, what](http::request q) { return obey(std::move(q), what); },
        std::move(summary),
        http::access::open,
        0};
}

awaitable<http::response> member::obey(http::request q, action what) {
    order o;
    o.what = what;
    o.by = "internal listener";
    o.correlation_id = q.ctx.correlation_id;
    const bool was_draining = is_draining_;  // a second SIGTERM would end it at once
    answer said = co_await perform(std::move(o));
    if (!said.is_applied) co_return http::problem("conflict", said.reason, q.ctx);
    if (what != action::report) woken_.set();  // announced at once
    // Running requests are answered before a drain ends, this one among them.
    if (what == action::drain && !was_draining) std::raise(SIGTERM);
    co_return http::json_response(200, said.body);
}

}  // namespace sluice::fleet
