// The internal listener. Plain GETs that any probe or scraper can make, and one PUT for the log
// level.
#include "sluice/http/admin.hpp"

#include "sluice/core/json_text.hpp"
#include "sluice/http/problem.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/observe/metrics.hpp"
#include "sluice/runtime/build_info.hpp"

#include <nlohmann/json.hpp>

namespace sluice::http {
namespace {

constexpr std::chrono::seconds close_grace{1};
constexpr std::size_t log_level_body = 256;

std::string_view name_of(observe::level l) {
    switch (l) {
        case observe::level::debug:
            return "debug";
        case observe::level::info:
            return "info";
        case observe::level::warn:
            return "warn";
        case observe::level::error:
            return "error";
    }
    return "error";
}

response log_level_answer() {
    nlohmann::ordered_json body;
    body["level"] = name_of(observe::current_level());
    return json_response(200, body.dump());
}

// The body is {"level":"debug"}.
response set_log_level(const request& q) {
    const auto body = nlohmann::json::parse(q.body, nullptr, false);
    if (body.is_discarded()) return problem("invalid_json", "expected {\"level\": …}", q.ctx);
    observe::level wanted{};
    const bool is_good = body.is_object() && body.contains("level") && body["level"].is_string() &&
                         observe::parse_level(body["level"].get<std::string>(), wanted);
    if (!is_good) {
        std::vector<field_problem> errors;
        errors.push_back({"level", "not_allowed", "no such level", "debug, info, warn, error"});
        return problem("invalid_field", "", q.ctx, std::move(errors));
    }
    observe::set_level(wanted);
    return log_level_answer();
}

response build_answer(const std::string& service) {
    const runtime::build_info& build = runtime::this_build();
    nlohmann::ordered_json body;
    body["service"] = service;
    body["version"] = build.version;
    body["revision"] = build.revision;
    body["compiler"] = build.compiler;
    body["build_type"] = build.build_type;
    return json_response(200, body.dump());
}

response ready_answer(const readiness& state) {
    nlohmann::ordered_json body;
    body["ready"] = state.is_ready;
    body["checks"] = nlohmann::ordered_json::object();
    for (const auto& [name, wrong] : state.checks) {
        body["checks"][name] = wrong.empty() ? "ok" : wrong;
    }
    return json_response(state.is_ready ? 200 : 503, json_text(body));
}

}  // namespace

void describe(config_visitor& v, admin_config& c) {
    v.field("address", c.address, "address of the internal listener; never a public one");
    v.field(
        "port",
        c.port,
        "port of the internal listener; 0 takes any free one",
        {.minimum = 0, .maximum = 65535}
    );
}

struct admin_server::impl {
    asio::any_io_executor executor;
    std::string service;
    admin_config config;
    std::function<readiness()> ready;
    std::function<void()> refresh;
    router routes;
    std::unique_ptr<server> listener;

    // A route whose answer needs no waiting.
    void add(
        verb method,
        const char* path,
        std::function<response(const request&)> make,
        std::size_t body = 0
    ) {
        bound_route row;
        row.method = method;
        row.pattern = path;
        row.handler = [make = std::move(make)](request q) -> awaitable<response> {
            return answer(make, std::move(q));
        };
        row.who = access::open;
        row.body_limit = body;
        routes.add(std::move(row));
    }
    static awaitable<response> answer(std::function<response(const request&)> make, request q) {
        co_return make(q);
    }

    void add_own_routes() {
        add(verb::get, "/metrics", [this](const request&) {
            if (refresh) refresh();
            response page;
            page.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            page.body = observe::metrics::instance().to_text();
            return page;
        });
        add(verb::get, "/healthz", [](const request&) {
            return json_response(200, R"({"alive":true})");
        });
        add(verb::get, "/readyz", [this](const request&) { return ready_answer(ready()); });
        add(verb::get, "/buildinfo", [this](const request&) { return build_answer(service); });
        add(verb::get, "/log-level", [](const request&) { return log_level_answer(); });
        add(verb::put, "/log-level", set_log_level, log_level_body);
    }
};

admin_server::admin_server(
    asio::any_io_executor executor,
    std::string service,
    admin_config config,
    std::function<readiness()> ready
)
    : impl_(std::make_unique<impl>()) {
    impl_->executor = std::move(executor);
    impl_->service = std::move(service);
    impl_->config = std::move(config);
    impl_->ready = std::move(ready);
    impl_->add_own_routes();
}

admin_server::~admin_server() = default;

void admin_server::on_scrape(std::function<void()> refresh) {
    impl_->refresh = std::move(refresh);
}

void admin_server::add_route(bound_route extra) {
    impl_->routes.add(std::move(extra));
}

result<void> admin_server::listen() {
    server_config config;
    config.address = impl_->config.address;
    config.port = impl_->config.port;
    impl_->listener = std::make_unique<server>(
        impl_->executor,
        impl_->service + "_admin",
        config,
        impl_->routes,
        authenticator()
    );
    return impl_->listener->listen();
}

std::string admin_server::local_address() const {
    return impl_->listener ? impl_->listener->local_address() : std::string();
}

awaitable<void> admin_server::close() {
    if (impl_->listener) co_await impl_->listener->close(close_grace);
}

}  // namespace sluice::http
