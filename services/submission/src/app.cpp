// Put together from the outside in: connections, adapters, ports, routes, listeners. They are
// members in that order, so they are destroyed in the reverse one.
#include "app.hpp"

#include "accounts/identity_sources.hpp"
#include "accounts/issued_tokens.hpp"
#include "accounts/login.hpp"
#include "accounts/token_keeper.hpp"
#include "accounts_tool.hpp"
#include "adapters/amqp_queue.hpp"
#include "adapters/amqp_results.hpp"
#include "adapters/argon2_hasher.hpp"
#include "adapters/history_keeper.hpp"
#include "adapters/outbox_sweeper.hpp"
#include "adapters/postgres_accounts.hpp"
#include "adapters/postgres_batches.hpp"
#include "adapters/postgres_held.hpp"
#include "adapters/postgres_history.hpp"
#include "adapters/postgres_mail.hpp"
#include "adapters/postgres_outbox.hpp"
#include "adapters/postgres_owners.hpp"
#include "adapters/postgres_quotas.hpp"
#include "adapters/postgres_store.hpp"
#include "adapters/postgres_tokens.hpp"
#include "adapters/postgres_webhooks.hpp"
#include "adapters/published_marker.hpp"
#include "adapters/redis_attempts.hpp"
#include "adapters/redis_canceller.hpp"
#include "adapters/redis_flight.hpp"
#include "adapters/redis_history.hpp"
#include "adapters/redis_meter.hpp"
#include "adapters/redis_shared_tokens.hpp"
#include "adapters/redis_states.hpp"
#include "adapters/redis_tickets.hpp"
#include "adapters/redis_waiter.hpp"
#include "adapters/redis_workers.hpp"
#include "admin_service.hpp"
#include "authenticate.hpp"
#include "commands_tool.hpp"
#include "compat/system_a_store.hpp"
#include "configured_tokens.hpp"
#include "docs_page.hpp"
#include "grpc/grpc_server.hpp"
#include "openapi.hpp"
#include "quotas/admission_keeper.hpp"
#include "quotas/fair_releaser.hpp"
#include "quotas/quota_desk.hpp"
#include "routes.hpp"
#include "uploads/blob_sweeper.hpp"
#include "uploads/folder_blobs.hpp"
#include "uploads/postgres_uploads.hpp"
#include "uploads/s3_blobs.hpp"

#include "sluice/fleet/member.hpp"
#include "sluice/languages/catalogue.hpp"
#include "sluice/messages/json.hpp"
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

retention_rules retention_rules_of(const history_section& c) {
    return {c.keep_days, c.keep_count, c.partition_days, c.sweep_interval};
}

hash_costs hash_costs_of(const passwords_section& c) {
    hash_costs out;
    out.memory_bytes = static_cast<std::size_t>(c.hash_memory.value);
    out.iterations = static_cast<unsigned long long>(c.hash_iterations);
    out.threads = static_cast<std::size_t>(c.hash_threads);
    out.max_waiting = static_cast<std::size_t>(c.max_waiting);
    return out;
}

attempt_rules attempt_rules_of(const attempts_section& c) {
    return {c.per_account, c.per_address, c.window};
}

quota_limits quota_limits_of(const quota_section& c) {
    return {
        c.requests_per_second,
        c.submissions_in_flight,
        c.cpu_seconds_per_day,
        c.stored_bytes.value};
}

quota_settings quota_settings_of(const quotas_section& c) {
    const key_quota_section& k = c.per_key;
    const quota_limits of_key{
        k.requests_per_second,
        k.submissions_in_flight,
        k.cpu_seconds_per_day,
        k.stored_bytes.value};
    return {quota_limits_of(c.user), of_key, c.window};
}

queue_level make_queue_level(const quotas_section& c) {
    auto& m = observe::metrics::instance();
    return {
        c.max_queued,
        m.get_gauge("sluice_submission_queued", "tasks in the submission queue, as last looked at"),
        m.get_gauge("sluice_submission_held", "accepted tasks that wait for their user's turn")};
}

account_rules account_rules_of(const auth_section& c) {
    account_rules out;
    out.is_strict = c.passwords.strict;
    out.may_register = c.registration;
    out.session_lifetime = c.sessions.lifetime;
    out.session_idle = c.sessions.idle;
    out.max_sessions = c.sessions.max_per_user;
    out.max_keys = c.max_keys_per_user;
    return out;
}

std::unique_ptr<blob_store> make_blobs(const uploads_section& c, runtime::blocking_pool& pool) {
    if (c.storage == "s3") return std::make_unique<s3_blobs>(c.s3, c.folder, pool);
    return std::make_unique<folder_blobs>(c.folder, pool);
}

upload_rules upload_rules_of(const uploads_section& c) {
    return {c.max_bytes.value, c.timeout, static_cast<std::size_t>(c.max_running)};
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
        , held_(pool_)
        , flight_(redis_, system_clock())
        , meter_(redis_, system_clock())
        , quota_store_(pool_)
        , queue_level_(make_queue_level(c.quotas))
        , quotas_(
              quota_store_,
              flight_,
              meter_,
              queue_level_,
              workers_,
              system_clock(),
              quota_settings_of(c.quotas)
          )
        , releaser_(
              io.get_executor(),
              c.redis,
              held_,
              flight_,
              queue_,
              system_clock(),
              [this] { return quotas_.window(); },
              c.submissions.lifetime
          )
        , admission_keeper_(
              io.get_executor(),
              held_,
              flight_,
              workers_,
              queue_level_,
              system_clock(),
              [this] { return administration_.queued(); }
          )
        , accounts_(pool_)
        , owners_(pool_)
        , tokens_(pool_)
        , shared_tokens_(redis_)
        , hasher_(hash_costs_of(c.auth.passwords))
        , attempts_(redis_, system_clock(), attempt_rules_of(c.auth.attempts))
        , issued_(tokens_, shared_tokens_, system_clock(), account_rules_of(c.auth))
        , account_ports_{accounts_, tokens_, shared_tokens_, issued_, hasher_, attempts_,
                         system_clock(), account_rules_of(c.auth)}
        , keeper_(
              io.get_executor(), tokens_, shared_tokens_, issued_, system_clock(),
              account_rules_of(c.auth)
          )
        , login_(account_ports_)
        , webhooks_(pool_)
        , upload_threads_(static_cast<std::size_t>(c.uploads.threads))
        , unpacking_(1)
        , blobs_(make_blobs(c.uploads, upload_threads_))
        , upload_rows_(pool_)
        , uploads_{upload_rows_, *blobs_, system_clock(), upload_rules_of(c.uploads)}
        , system_a_(pool_)
        , blob_sweeper_(io.get_executor(), uploads_, c.uploads.sweep_interval)
        , history_(pool_)
        , copies_(redis_)
        , cached_(redis_)
        , texts_(redis_)
        , results_(publisher_, c.rabbitmq.queues, c.outbox.confirm_timeout)
        , history_keeper_(
              io.get_executor(), history_, copies_, system_clock(), retention_rules_of(c.history)
          )
        , mail_(pool_, c.mail.enabled)
        , context_(make_context(ports_, account_ports_, owners_, login_, administration_.ports(), c))
        , configured_(http::bearer_tokens(c.auth.tokens), c.auth.admins)
        , identities_({&configured_, &issued_})
        , server_(
              io.get_executor(),
              "submission",
              c.http,
              router_of(c.compatibility, context_),
              authenticate(identities_, context_.trusted_origins, &quotas_)
          )
        , grpc_(
              io.get_executor(),
              c.grpc,
              grpc_services{
                  ports_,
                  identities_,
                  &login_,
                  [this] { return readiness().is_ready; },
                  &administration_.ports(),
                  &quotas_}
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
        ports_.history = {&history_, &copies_, c.history.full_text, &texts_};
        if (c.cache.enabled) ports_.cache = {&cached_, &results_, c.cache.shared};
        quotas_.use(releaser_);
        ports_.admission = &quotas_;
        ports_.mail = &mail_;
        context_.quotas = &quotas_;
        quotas_.add(upload_rows_);
        uploads_.quota = &quotas_;
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
        uploads_.rules = upload_rules_of(c.uploads);
        level_.change_maximum(c.outbox.max_pending);
        sweeper_.change(sweep_settings_of(c));
        history_keeper_.change(retention_rules_of(c.history));
        quotas_.change(quota_settings_of(c.quotas));
        queue_level_.change_maximum(c.quotas.max_queued);
        releaser_.change(c.submissions.lifetime);
        configured_.replace(http::bearer_tokens(c.auth.tokens), c.auth.admins);
        server_.change(c.http);
    }

    awaitable<result<void>> start() override {
        context_.webhooks = &webhooks_;
        context_.uploads = &uploads_;
        context_.computing = &unpacking_;
        context_.system_a = &system_a_;
        SLUICE_CO_TRY(co_await connect_all());
        // Beyond this point requests come in; whatever server is away is reconnected behind them.
        if (!settings_.migrations.on_start) SLUICE_CO_TRY(co_await check_schema());
        tasks_.spawn("published_marker", marker_.run());
        tasks_.spawn("outbox_sweeper", sweeper_.run(tasks_));
        tasks_.spawn("fair_releaser", releaser_.run());
        tasks_.spawn("admission_keeper", admission_keeper_.run());
        tasks_.spawn("token_keeper", keeper_.run());
        tasks_.spawn("blob_sweeper", blob_sweeper_.run());
        tasks_.spawn("history_keeper", history_keeper_.run());
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
        releaser_.stop();
        admission_keeper_.stop();
        keeper_.stop();
        blob_sweeper_.stop();
        history_keeper_.stop();
        marker_.stop();
        administration_.stop();
        fleet_.stop();
        const std::size_t cancelled = co_await tasks_.close(until.left());
        co_return cut == 0 && cancelled == 0;
    }

    awaitable<void> stop() override {
        co_await admin_.close();
        co_await waiter_.close();
        co_await releaser_.close();
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

    static std::string limits_json(const ports& p) {
        return messages::limits_document(p.limits, p.max_batch_items).dump();
    }
    static app_context make_context(
        ports& p,
        account_ports& accounts,
        submission_owners& owners,
        password_login& login,
        admin_ports& admin,
        const config& c
    ) {
        const auto document = openapi_document();
        return {
            p,
            c.tickets.websocket_url,
            limits_json(p),
            document.dump(),
            docs_page(document),
            &accounts,
            {c.auth.sessions.secure_cookies,
             c.auth.sessions.same_site == "strict" ? "Strict" : "Lax"},
            c.http.cors_origins,
            &owners,
            &login,
            &admin};
    }

    // A server that is away does not keep the service from starting: it answers 503 until then. A
    // setting that can never work does.
    awaitable<result<void>> connect_all() {
        const deadline until = deadline::in(settings_.start_timeout);
        auto postgres = co_await pool_.connect(until);
        SLUICE_CO_TRY(judge("postgres", postgres));
        auto rabbitmq = co_await publisher_.connect(until);
        SLUICE_CO_TRY(judge("rabbitmq", rabbitmq));
        auto redis = co_await redis_.connect(until);
        SLUICE_CO_TRY(judge("redis", redis));
        auto subscriber = co_await waiter_.connect(until);
        SLUICE_CO_TRY(judge("redis", subscriber));
        const auto heard = co_await releaser_.connect(until);
        SLUICE_CO_TRY(judge("redis", heard));
        if (redis) co_await workers_.fresh();
        co_await administration_.connect(until);
        co_return result<void>();
    }
    static result<void> judge(const char* server, const result<void>& connected) {
        if (connected) return {};
        if (connected.error() == errc::invalid || connected.error() == errc::cancelled) {
            return connected.error();
        }
        observe::warn({}, "server_away", {{"server", server}, {"error", connected.error()}});
        return {};
    }
    // A database without our tables is a mistake of the deployment, said at once and in words.
    awaitable<result<void>> check_schema() {
        if (!pool_.is_connected()) co_return result<void>();
        const auto counted = co_await outbox_.count(1);
        if (counted || !(counted.error() == errc::refused)) co_return result<void>();
        co_return fail(
            errc::refused,
            "the database lacks our tables or rights; run sluice-submission --migrate (" +
                counted.error().detail + ")"
        );
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
    postgres_held held_;
    redis_flight flight_;
    redis_meter meter_;
    postgres_quotas quota_store_;
    queue_level queue_level_;
    quota_desk quotas_;
    fair_releaser releaser_;
    admission_keeper admission_keeper_;
    postgres_accounts accounts_;
    postgres_owners owners_;
    postgres_tokens tokens_;
    redis_shared_tokens shared_tokens_;
    argon2_hasher hasher_;
    redis_attempts attempts_;
    issued_tokens issued_;
    account_ports account_ports_;
    token_keeper keeper_;
    account_login login_;
    postgres_webhooks webhooks_;
    runtime::blocking_pool upload_threads_;
    runtime::blocking_pool unpacking_;
    std::unique_ptr<blob_store> blobs_;
    postgres_uploads upload_rows_;
    upload_ports uploads_;
    system_a_store system_a_;
    blob_sweeper blob_sweeper_;
    postgres_history history_;
    redis_live_copies copies_;
    redis_cached_results cached_;
    redis_history_texts texts_;
    amqp_results results_;
    history_keeper history_keeper_;
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
