// The composition root, to be read from top to bottom: what exists, in which order it starts, and
// in which order it ends.
#include "app.hpp"

#include "adapters/amqp_topology.hpp"
#include "adapters/curl_sender.hpp"
#include "adapters/postgres_results.hpp"
#include "adapters/postgres_webhooks.hpp"
#include "adapters/redis_emit.hpp"
#include "adapters/redis_result_cache.hpp"
#include "adapters/smtp_sender.hpp"
#include "consumers.hpp"
#include "mail_channel.hpp"
#include "overdue_sweeper.hpp"
#include "webhook_channel.hpp"
#include "webhook_dispatcher.hpp"

#include "sluice/amqp/publisher.hpp"
#include "sluice/fleet/member.hpp"
#include "sluice/observe/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::notification {
namespace {

constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{1000};
constexpr std::chrono::seconds depth_timeout{2};
constexpr std::uint16_t dead_prefetch = 16;
constexpr std::uint16_t progress_prefetch = 1024;
constexpr std::chrono::seconds loop_grace{2};

// Waits a little longer each time; not at all once the process drains.
class draining_pause final : public retry_pause {
public:
    explicit draining_pause(runtime::event& stop) : stop_(stop) {}
    awaitable<bool> wait(int tries) override {
        if (stop_.is_set()) co_return false;
        const auto delay = first_pause * (1 << std::min(tries - 1, 5));
        auto stopped = co_await stop_.wait(deadline::in(std::min(longest_pause, delay)));
        co_return !stopped && stopped.error() == errc::timeout;
    }

private:
    runtime::event& stop_;
};

amqp::consume_options consuming(std::string queue, std::int64_t prefetch, bool auto_ack = false) {
    amqp::consume_options o;
    o.queue = std::move(queue);
    o.prefetch = static_cast<std::uint16_t>(prefetch);
    o.auto_ack = auto_ack;
    return o;
}

sender_settings sender_settings_of(const webhooks_config& c) {
    sender_settings s;
    s.threads = c.policy.enabled ? static_cast<std::size_t>(c.concurrency) : 1;
    s.allow_loopback = c.policy.allow_loopback;
    s.connect_timeout = c.connect_timeout;
    s.timeout = c.timeout;
    s.ca_file = c.ca_file;
    return s;
}

smtp_settings smtp_settings_of(const mail_config& c) {
    smtp_settings s;
    s.url = c.smtp_url.value;
    s.username = c.username;
    s.password = c.password.value;
    s.is_tls_required = c.require_tls;
    s.ca_file = c.ca_file;
    s.connect_timeout = c.connect_timeout;
    s.timeout = c.timeout;
    s.threads = c.is_on() ? static_cast<std::size_t>(c.concurrency) : 1;
    return s;
}

mail_texts mail_texts_of(const mail_config& c) {
    return {c.from, c.public_url, static_cast<std::size_t>(c.max_output.value)};
}

// Of webhooks or of mail.
template <class Section>
delivery_settings delivery_settings_of(const Section& c) {
    return {c.concurrency, c.per_host, c.per_user, c.timeout, c.retries, c.keep, c.interval};
}

class app final : public runtime::service, private fleet::manageable {
public:
    app(asio::io_context& io, const config& c)
        : config_(c)
        , executor_(io.get_executor())
        , stopping_(executor_)
        , pause_(stopping_)
        , pool_(executor_, "results", c.postgres)
        , redis_(executor_, "events", c.redis)
        , store_(pool_, [this] { wake_deliveries(); }, c.mail.is_on())
        , events_(redis_, c.events, system_clock())
        , cache_(redis_, system_clock(), c.cache)
        , ports_{store_, events_, pause_, system_clock(), metrics_,
                 static_cast<std::size_t>(c.events.frame_limit.value), &cache_}
        , topology_(needed_queues(c.rabbitmq.queues))
        , results_(
              executor_,
              "results",
              c.rabbitmq.connection,
              topology_,
              consuming(c.rabbitmq.queues.execution_queue, c.batch.prefetch)
          )
        , progress_(
              executor_,
              "progress",
              c.rabbitmq.connection,
              topology_,
              consuming(c.rabbitmq.queues.progress_queue, progress_prefetch, true)
          )
        , dead_(
              executor_,
              "dead tasks",
              c.rabbitmq.connection,
              topology_,
              consuming(c.rabbitmq.queues.submission_dead, dead_prefetch)
          )
        , asker_(executor_, "depth", c.rabbitmq.connection, amqp::topology{})
        , batches_(executor_, on_exception)
        , loops_(executor_, on_exception)
        , deliveries_(executor_, on_exception)
        , webhook_queue_(pool_)
        , sender_(sender_settings_of(c.webhooks))
        , webhook_channel_(
              webhook_queue_,
              store_,
              sender_,
              system_clock(),
              static_cast<std::size_t>(c.webhooks.max_body.value)
          )
        , webhooks_(
              executor_,
              webhook_queue_,
              webhook_channel_,
              system_clock(),
              delivery_settings_of(c.webhooks),
              deliveries_
          )
        , mail_queue_(pool_, "mail")
        , smtp_(smtp_settings_of(c.mail))
        , mail_channel_(mail_queue_, store_, smtp_, system_clock(), mail_texts_of(c.mail))
        , mails_(
              executor_,
              mail_queue_,
              mail_channel_,
              system_clock(),
              delivery_settings_of(c.mail),
              deliveries_
          )
        , results_loop_(executor_, results_, ports_, c.batch, batches_)
        , dead_loop_(dead_, ports_)
        , progress_loop_(progress_, ports_, static_cast<std::size_t>(c.batch.max_results))
        , sweeper_(ports_, c.sweeper, [this] { return result_depth(); }, stopping_)
        , fleet_(
              executor_,
              redis_,
              c.redis,
              system_clock(),
              {"notification", fleet::make_instance_id()},
              static_cast<fleet::manageable&>(*this)
          )
        , admin_(executor_, "notification", c.admin, [this] { return ready(); }) {
        fleet_.add_routes(admin_);
    }

    void use(runtime::live_settings& settings) override { fleet_.use(settings); }
    void settings_changed() override {
        results_loop_.change(config_.batch);
        events_.change(config_.events);
        cache_.change(config_.cache);
        sweeper_.change(config_.sweeper);
        ports_.frame_limit = static_cast<std::size_t>(config_.events.frame_limit.value);
    }

    awaitable<result<void>> start() override {
        // Health is answered from the first moment; readiness comes with the servers.
        SLUICE_CO_TRY(admin_.listen());
        const auto until = deadline::in(config_.connect_timeout);
        SLUICE_CO_TRY(co_await pool_.connect(until));
        SLUICE_CO_TRY(co_await redis_.connect(until));
        SLUICE_CO_TRY(co_await asker_.connect(until));
        SLUICE_CO_TRY(co_await dead_.connect(until));
        SLUICE_CO_TRY(co_await progress_.connect(until));
        SLUICE_CO_TRY(co_await results_.connect(until));
        loops_.spawn("results", results_loop_.run());
        loops_.spawn("progress", progress_loop_.run());
        loops_.spawn("dead tasks", dead_loop_.run());
        loops_.spawn("sweeper", sweeper_.run());
        loops_.spawn("fleet", fleet_.run());
        if (config_.webhooks.policy.enabled) loops_.spawn("webhooks", webhooks_.run());
        if (config_.mail.is_on()) loops_.spawn("mails", mails_.run());
        co_return result<void>();
    }

    std::vector<std::pair<std::string, std::string>> listeners() const override {
        return {{"admin", admin_.local_address()}};
    }

    awaitable<bool> drain(std::chrono::milliseconds grace) override {
        // Beyond this point nothing is taken, and nothing waits for a server that is away.
        stopping_.set();
        fleet_.is_draining();
        fleet_.stop();
        co_await results_.stop();
        co_await dead_.stop();
        co_await progress_.stop();
        const std::size_t cut_batches = co_await batches_.close(grace);
        webhooks_.stop();
        mails_.stop();
        // Sent to their end, which their timeout bounds; what is cut is sent again by its lease.
        const std::size_t cut_deliveries = co_await deliveries_.close(grace);
        const std::size_t cut_loops = co_await loops_.close(loop_grace);
        co_return cut_batches == 0 && cut_deliveries == 0 && cut_loops == 0;
    }

    awaitable<void> stop() override {
        co_await results_.close();
        co_await dead_.close();
        co_await progress_.close();
        co_await asker_.close();
        co_await fleet_.close();
        co_await redis_.close();
        co_await pool_.close();
        co_await admin_.close();
    }

private:
    // Results then wait in their queue: for work on the database, say. Progress goes on.
    result<void> pause() override {
        if (std::exchange(is_paused_, true)) return {};
        results_.pause();
        dead_.pause();
        return {};
    }
    result<void> resume() override {
        if (!std::exchange(is_paused_, false)) return {};
        results_.resume();
        dead_.resume();
        return {};
    }
    bool is_paused() const override { return is_paused_; }
    void report(nlohmann::json& into) const override { into["batches"] = batches_.count(); }

    void wake_deliveries() {
        webhooks_.wake();
        mails_.wake();
    }

    static void on_exception(const std::string& name, std::exception_ptr thrown) {
        observe::error(
            {},
            "coroutine_failed",
            {{"name", name}, {"error", sluice::describe(thrown)}}
        );
    }

    awaitable<result<std::uint32_t>> result_depth() {
        return asker_.depth(config_.rabbitmq.queues.execution_queue, deadline::in(depth_timeout));
    }

    http::readiness ready() const {
        const auto check = [](bool is_fine) { return std::string(is_fine ? "" : "not connected"); };
        const bool has_broker =
            results_.is_connected() && dead_.is_connected() && progress_.is_connected();
        http::readiness r;
        r.checks = {
            {"rabbitmq", check(has_broker)},
            {"postgres", check(pool_.is_connected())},
            {"redis", check(redis_.is_connected())},
            {"drain", stopping_.is_set() ? "draining" : ""},
        };
        r.is_ready = std::ranges::all_of(r.checks, [](const auto& c) { return c.second.empty(); });
        return r;
    }

    const config& config_;
    asio::any_io_executor executor_;
    runtime::event stopping_;
    draining_pause pause_;
    probe metrics_;
    postgres::pool pool_;
    redis::client redis_;
    postgres_results store_;
    redis_emit events_;
    redis_result_cache cache_;
    ports ports_;
    amqp::topology topology_;
    amqp::consumer results_;
    amqp::consumer progress_;
    amqp::consumer dead_;
    amqp::publisher asker_;
    runtime::gate batches_;
    runtime::gate loops_;
    runtime::gate deliveries_;
    postgres_webhooks webhook_queue_;
    curl_sender sender_;
    webhook_channel webhook_channel_;
    webhook_dispatcher webhooks_;
    postgres_webhooks mail_queue_;
    smtp_sender smtp_;
    mail_channel mail_channel_;
    webhook_dispatcher mails_;
    results_consumer results_loop_;
    dead_task_consumer dead_loop_;
    progress_consumer progress_loop_;
    overdue_sweeper sweeper_;
    fleet::member fleet_;
    bool is_paused_ = false;
    http::admin_server admin_;
};

}  // namespace

std::unique_ptr<runtime::service> make_app(asio::io_context& io, const config& c) {
    return std::make_unique<app>(io, c);
}

runtime::service_definition make_definition(config& c) {
    runtime::service_definition d;
    d.name = "notification";
    d.description = "Stores results and tells their users.";
    d.describe = [&c](config_visitor& v) { describe(v, c); };
    d.log = [&c] { return c.log; };
    d.unfit_settings = [&c] { return unfit_settings(c); };
    d.candidate = runtime::make_candidate<config>;
    d.make = [&c](asio::io_context& io) { return make_app(io, c); };
    d.grace = [&c] { return c.drain_grace; };
    return d;
}

}  // namespace sluice::notification
