// Put together from the outside in: connections, adapters, ports, routes, listeners. They are
// members in that order, so they are destroyed in the reverse one.
#include "app.hpp"

#include "account_service.hpp"
#include "accounts/identity_sources.hpp"
#include "accounts_tool.hpp"
#include "adapters/amqp_queue.hpp"
#include "adapters/outbox_sweeper.hpp"
#include "adapters/postgres_batches.hpp"
#include "adapters/postgres_mail.hpp"
#include "adapters/postgres_outbox.hpp"
#include "adapters/postgres_store.hpp"
#include "adapters/postgres_webhooks.hpp"
#include "adapters/published_marker.hpp"
#include "adapters/redis_canceller.hpp"
#include "adapters/redis_states.hpp"
#include "adapters/redis_tickets.hpp"
#include "adapters/redis_waiter.hpp"
#include "adapters/redis_workers.hpp"
#include "admin_service.hpp"
#include "authenticate.hpp"
#include "commands_tool.hpp"
#include "configured_tokens.hpp"
#include "grpc/grpc_server.hpp"
#include "history_service.hpp"
#include "openapi.hpp"
#include "quota_service.hpp"
#include "routes.hpp"
#include "start_checks.hpp"
#include "upload_service.hpp"

#include "sluice/fleet/member.hpp"
#include "sluice/languages/catalogue.hpp"
#include "sluice/observe/log.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

std::vector<domain::language> load_languages(const config& c) {
    auto loaded = languages::load_catalogue(c.languages_folder);
    if (!loaded) throw config_error({"languages_folder: " + describe(loaded.error())});
    return std::move(*loaded);
}

sweep_settings sweep_settings_of(const config& c) {
    return {
        c.outbox.settle_after,
        c.outbox.sweep_interval,
        c.outbox.batch,
        c.outbox.requeue_after,
        c.outbox.max_publishes,
        c.submissions.idempotency_keep};
}

http::router router_of(const compatibility_section& c, app_context& context) {
    const auto rows = enabled_routes(c);
    return http::router::bind(std::span(rows), context);
}

void log_lost_child(const std::string& name, std::exception_ptr thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        observe::error({}, "task_failed", {{"task", name}, {"error", e.what()}});
    }
}

class app final : public runtime::service, private fleet::manageable {
public:
    app(asio::io_context& io, const config& c)
        : settings_(c)
        , tasks_(io.get_executor(), log_lost_child)
        , languages_(load_languages(c))
        , pool_(io.get_executor(), "submission", c.postgres)
        , publisher_(
              io.get_executor(), "submission", c.rabbitmq.connection, topology_of(c.rabbitmq.queues)
          )
        , redis_(io.get_executor(), "submission", c.redis)
        , store_(pool_)
        , batches_(pool_)
        , outbox_(pool_)
        , queue_(publisher_, c.rabbitmq.queues, c.outbox.confirm_timeout, system_clock())
        , marker_(io.get_executor(), outbox_, system_clock())
        , waiter_(io.get_executor(), c.redis, tasks_, redis_)
        , states_(redis_)
        , workers_(redis_, system_clock())
        , tickets_(redis_)
        , canceller_(redis_, 2 * c.submissions.lifetime)
        , level_(
              c.outbox.max_pending,
              observe::metrics::instance().get_gauge(
                  "sluice_submission_outbox_pending", "accepted tasks that the broker has not confirmed"
              )
          )
        , searches_(
              c.jobs.max_searches,
              observe::metrics::instance().get_gauge(
                  "sluice_submission_job_searches", "job searches that are followed"
              )
          )
        , sweeper_(
              io.get_executor(), outbox_, queue_, level_, system_clock(), sweep_settings_of(c)
          )
        , ports_{store_, batches_, queue_, marker_, level_, waiter_, states_, workers_, tickets_, ids_,
                 system_clock(), languages_, make_limit_policy(c.limits),
                 static_cast<std::size_t>(c.submissions.max_batch_items), c.submissions.lifetime,
                 c.submissions.idempotency_keep, probe::make(), &canceller_,
                 &waiter_, &searches_, false, c.webhooks}
        , administration_(
              io.get_executor(),
              redis_,
              c.redis,
              c.rabbitmq.connection,
              pool_,
              c.rabbitmq.queues,
              system_clock()
          )
        , quotas_(
              io.get_executor(),
              pool_,
              redis_,
              queue_,
              workers_,
              system_clock(),
              [this] { return administration_.queued(); },
              c
          )
        , accounts_(io.get_executor(), pool_, redis_, system_clock(), c.auth)
        , webhooks_(pool_)
        , uploads_(io.get_executor(), pool_, system_clock(), c.uploads)
        , history_(io.get_executor(), pool_, redis_, publisher_, system_clock(), c)
        , mail_(pool_, c.mail.enabled)
        , context_(make_context(ports_, c))
        , configured_(http::bearer_tokens(c.auth.tokens), c.auth.admins)
        , identities_({&configured_, &accounts_.tokens()})
        , server_(
              io.get_executor(),
              "submission",
              c.http,
              router_of(c.compatibility, context_),
              authenticate(identities_, context_.trusted_origins, &quotas_.desk())
          )
        , grpc_(
              io.get_executor(),
              c.grpc,
              grpc_services{
                  ports_,
                  identities_,
                  &accounts_.login(),
                  [this] { return readiness().is_ready; },
                  &administration_.ports(),
                  &quotas_.desk()}
          )
        , fleet_(
              io.get_executor(),
              redis_,
              c.redis,
              system_clock(),
              {"submission", fleet::make_instance_id()},
              static_cast<fleet::manageable&>(*this)
          )
        , admin_(io.get_executor(), "submission", c.admin, [this] { return readiness(); }) {
        fleet_.add_routes(admin_);
        ports_.history = history_.ports();
        ports_.cache = history_.cache();
        ports_.admission = &quotas_.desk();
        ports_.mail = &mail_;
        context_.accounts = &accounts_.ports();
        context_.owners = &accounts_.owners();
        context_.login = &accounts_.login();
        context_.admin = &administration_.ports();
        context_.quotas = &quotas_.desk();
        quotas_.desk().add(uploads_.usage());
        uploads_.ports().quota = &quotas_.desk();
    }

    void use(runtime::live_settings& settings) override { fleet_.use(settings); }
    void settings_changed() override {
        const config& c = settings_;
        ports_.limits = make_limit_policy(c.limits);
        ports_.max_batch_items = static_cast<std::size_t>(c.submissions.max_batch_items);
        ports_.lifetime = c.submissions.lifetime;
        ports_.idempotency_keep = c.submissions.idempotency_keep;
        context_.limits_json = limits_json(ports_);
        context_.trusted_origins = c.http.cors_origins;
        uploads_.change(c.uploads);
        level_.change_maximum(c.outbox.max_pending);
        sweeper_.change(sweep_settings_of(c));
        history_.change(c.history);
        quotas_.change(c);
        auto tokens = configured_.replace(http::bearer_tokens(c.auth.tokens), c.auth.admins);
        accounts_.withdraw(tasks_, std::move(tokens.gone), tokens.come);
        server_.change(c.http);
    }

    awaitable<result<void>> start() override {
        context_.webhooks = &webhooks_;
        context_.uploads = &uploads_.ports();
        context_.computing = &uploads_.unpacking();
        context_.system_a = &uploads_.system_a();
        SLUICE_CO_TRY(co_await connect_all());
        // Beyond this point requests come in; whatever server is away is reconnected behind them.
        if (!settings_.migrations.on_start) SLUICE_CO_TRY(co_await check_schema(pool_, outbox_));
        tasks_.spawn("published_marker", marker_.run());
        tasks_.spawn("outbox_sweeper", sweeper_.run(tasks_));
        quotas_.spawn(tasks_);
        accounts_.spawn(tasks_);
        uploads_.spawn(tasks_);
        history_.spawn(tasks_);
        tasks_.spawn("fleet", fleet_.run());
        tasks_.spawn("administration", administration_.run());
        SLUICE_CO_TRY(admin_.listen());
        SLUICE_CO_TRY(server_.listen());
        if (settings_.grpc.enabled) SLUICE_CO_TRY(grpc_.listen());
        co_return result<void>();
    }

    std::vector<std::pair<std::string, std::string>> listeners() const override {
        std::vector<std::pair<std::string, std::string>> all{
            {"http", server_.local_address()},
            {"admin", admin_.local_address()}};
        if (settings_.grpc.enabled) all.emplace_back("grpc", grpc_.local_address());
        return all;
    }

    awaitable<bool> drain(std::chrono::milliseconds grace) override {
        const deadline until = deadline::in(grace);
        is_draining_ = true;
        fleet_.is_draining();
        server_.stop_accepting();
        waiter_.release_all();  // those who wait are answered with what is known now
        const std::size_t cut_calls = co_await grpc_.close(until.left());
        const std::size_t cut = cut_calls + co_await server_.close(until.left());
        // No request is left: nothing is accepted, published or marked any more but what is queued.
        sweeper_.stop();
        quotas_.stop();
        accounts_.stop();
        uploads_.stop();
        history_.stop();
        marker_.stop();
        administration_.stop();
        fleet_.stop();
        const std::size_t cancelled = co_await tasks_.close(until.left());
        co_return cut == 0 && cancelled == 0;
    }

    awaitable<void> stop() override {
        co_await admin_.close();
        co_await waiter_.close();
        co_await quotas_.close();
        co_await fleet_.close();
        co_await administration_.close();
        co_await redis_.close();
        co_await publisher_.close();
        co_await pool_.close();
    }

private:
    // New work is answered with 503; what was accepted goes on, and everything can be read.
    result<void> pause() override {
        ports_.is_paused = true;
        return {};
    }
    result<void> resume() override {
        ports_.is_paused = false;
        return {};
    }
    bool is_paused() const override { return ports_.is_paused; }
    void report(nlohmann::json& into) const override { into["outbox_pending"] = level_.pending(); }

    // A server that is away does not keep the service from starting: it answers 503 until then. A
    // setting that can never work does.
    awaitable<result<void>> connect_all() {
        const deadline until = deadline::in(settings_.start_timeout);
        auto postgres = co_await pool_.connect(until);
        SLUICE_CO_TRY(unless_away("postgres", postgres));
        auto rabbitmq = co_await publisher_.connect(until);
        SLUICE_CO_TRY(unless_away("rabbitmq", rabbitmq));
        auto redis = co_await redis_.connect(until);
        SLUICE_CO_TRY(unless_away("redis", redis));
        auto subscriber = co_await waiter_.connect(until);
        SLUICE_CO_TRY(unless_away("redis", subscriber));
        const auto heard = co_await quotas_.connect(until);
        SLUICE_CO_TRY(unless_away("redis", heard));
        if (redis) co_await workers_.fresh();
        co_await administration_.connect(until);
        co_return result<void>();
    }

    http::readiness readiness() const {
        const auto check = [](std::string name, bool is_up, const char* trouble) {
            return std::pair<std::string, std::string>(std::move(name), is_up ? "" : trouble);
        };
        http::readiness r;
        r.is_ready = pool_.is_connected() && !is_draining_;
        r.checks.push_back(check("postgres", pool_.is_connected(), "not connected"));
        r.checks.push_back(check(
            "rabbitmq",
            publisher_.is_connected(),
            "not connected: submissions go to the outbox"
        ));
        r.checks.push_back(check(
            "redis",
            redis_.is_connected() && waiter_.is_connected(),
            "not connected: no ?wait, no running state, no tickets"
        ));
        r.checks.push_back(check("drain", !is_draining_, "shutting down"));
        return r;
    }

    const config& settings_;
    bool is_draining_ = false;
    runtime::gate tasks_;
    std::vector<domain::language> languages_;

    postgres::pool pool_;
    amqp::publisher publisher_;
    redis::client redis_;

    postgres_store store_;
    postgres_batches batches_;
    postgres_outbox outbox_;
    amqp_queue queue_;
    published_marker marker_;
    redis_waiter waiter_;
    redis_states states_;
    redis_workers workers_;
    redis_tickets tickets_;
    redis_canceller canceller_;
    system_ids ids_;
    outbox_level level_;
    search_level searches_;
    outbox_sweeper sweeper_;

    ports ports_;
    admin_service administration_;
    quota_service quotas_;
    account_service accounts_;
    postgres_webhooks webhooks_;
    upload_service uploads_;
    history_service history_;
    postgres_mail mail_;
    app_context context_;
    configured_tokens configured_;
    identity_sources identities_;
    http::server server_;
    grpc_server grpc_;
    fleet::member fleet_;
    http::admin_server admin_;
};

std::unique_ptr<runtime::service> make_app(asio::io_context& io, const config& settings) {
    if (settings.migrations.on_start && apply_migrations(settings) != 0) {
        throw config_error({"the migrations failed; see above"});
    }
    return std::make_unique<app>(io, settings);
}

}  // namespace

runtime::service_definition definition(config& settings) {
    runtime::service_definition d;
    d.name = "submission";
    d.description =
        "The public HTTP and gRPC front of Sluice: takes programs, answers what came of them.";
    d.describe = [&settings](config_visitor& v) { describe(v, settings); };
    d.log = [&settings] { return observe::log_config{settings.log.level}; };
    d.unfit_settings = [&settings] { return unfit_settings(settings); };
    d.before_threads = [] { restrict_grpc_tls(); };
    d.candidate = runtime::make_candidate<config>;
    d.make = [&settings](asio::io_context& io) { return make_app(io, settings); };
    d.grace = [&settings] { return settings.drain_grace; };
    d.commands = {
        {"--migrate",
         "bring the database schema up to date and exit",
         [&settings] { return apply_migrations(settings); }},
        {"--create-admin",
         "make the first administrator (auth.first_admin) and exit",
         [&settings] { return create_first_admin(settings); }},
        {"--print-openapi", "print the OpenAPI document and exit", [] { return print_openapi(); }},
    };
    return d;
}

}  // namespace sluice::submission
