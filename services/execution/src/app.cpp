// The composition root, to be read from top to bottom: what exists, in which order it starts, and
// in which order it ends.
#include "app.hpp"

#include "adapters/broker.hpp"
#include "adapters/compile_cache.hpp"
#include "adapters/redis_control.hpp"
#include "adapters/redis_output.hpp"
#include "adapters/result_publisher.hpp"
#include "adapters/sandbox_runner.hpp"
#include "consumer.hpp"
#include "probe.hpp"

#include "sluice/fleet/member.hpp"
#include "sluice/http/admin.hpp"
#include "sluice/messages/json.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/blocking_pool.hpp"
#include "sluice/runtime/gate.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::execution {
namespace {

// A start is not kept waiting longer for what it can do without.
constexpr std::chrono::milliseconds redis_patience{1000};

amqp::topology declared(const messages::queue_names& names, std::vector<std::string> wanted) {
    return amqp::topology::of(messages::queues_of(names, wanted));
}

// Of `slots` that exist.
std::size_t active_slots(const config& c, std::size_t slots) {
    const auto wanted = static_cast<std::size_t>(c.worker.active_slots);
    return wanted == 0 ? slots : std::min(wanted, slots);
}

std::uint16_t prefetch_of(const config& c, std::size_t slots) {
    const std::int64_t prefetch = c.worker.prefetch == 0
                                      ? static_cast<std::int64_t>(active_slots(c, slots))
                                      : c.worker.prefetch;
    return static_cast<std::uint16_t>(std::min<std::int64_t>(prefetch, UINT16_MAX));
}

amqp::consume_options consuming(const config& c, std::size_t slots) {
    amqp::consume_options o;
    o.queue = c.rabbitmq.queues.submission_queue;
    o.prefetch = prefetch_of(c, slots);
    return o;
}

// What others need to know of this worker, in the form that they read.
nlohmann::json languages_of(const started_process& p) {
    messages::worker_report r;
    r.worker_id = p.worker_id;
    r.slots = static_cast<std::int64_t>(p.launcher->slot_count());
    r.languages = p.languages.availability();
    return nlohmann::json::parse(messages::encode_worker_report(r));
}

cache_bounds bounds_of(const compile_cache_config& c) {
    return {c.max_bytes.value, static_cast<std::size_t>(c.max_entries)};
}

result_publisher::options publishing(const config& c) {
    result_publisher::options o;
    o.queue = c.rabbitmq.queues.execution_queue;
    o.confirm_timeout = c.worker.publish_timeout;
    return o;
}

live_settings watching(const live_config& c) {
    live_settings s;
    s.output.first_hold = c.first_hold;
    s.output.shortest_window = c.shortest_window;
    s.output.longest_window = c.longest_window;
    s.output.waiting_bytes = static_cast<std::size_t>(c.waiting.value);
    s.kept_bytes = static_cast<std::size_t>(c.kept.value);
    s.idle_time = c.idle_time;
    s.disconnect_grace = c.disconnect_grace;
    return s;
}

class app final : public runtime::service, private fleet::manageable {
public:
    app(asio::io_context& io, const config& c, started_process p)
        : config_(c)
        , process_(std::move(p))
        , executor_(io.get_executor())
        , slots_(
              executor_,
              process_.launcher->slot_count(),
              static_cast<std::size_t>(c.worker.max_unpublished)
          )
        , publisher_(
              executor_,
              "results",
              c.rabbitmq.connection,
              declared(
                  c.rabbitmq.queues,
                  {c.rabbitmq.queues.execution_queue, c.rabbitmq.queues.progress_queue}
              )
          )
        , tasks_(
              executor_,
              "tasks",
              c.rabbitmq.connection,
              declared(
                  c.rabbitmq.queues,
                  {c.rabbitmq.queues.submission_queue, c.rabbitmq.queues.submission_dead}
              ),
              consuming(c, process_.launcher->slot_count())
          )
        , redis_(executor_, "worker", c.redis)
        , channel_(publisher_)
        , progress_(publisher_, c.rabbitmq.queues.progress_queue)
        , source_(tasks_)
        , results_(executor_, channel_, metrics_, publishing(c))
        , cache_(executor_, bounds_of(c.compile_cache))
        , runner_(
              *process_.launcher,
              {c.compile.max_artefact_bytes.value, c.compile.max_artefact_files},
              process_.warm,
              process_.forks
          )
        , live_gate_(executor_, on_exception)
        , output_(redis_, c.live.kept_for)
        , control_(executor_, redis_, c.redis, live_gate_)
        , live_{executor_, output_, control_, live_gate_, watching(c.live)}
        , ports_{runner_, cache_, progress_, system_clock(), process_.languages, metrics_,
                 process_.worker_id, static_cast<std::size_t>(c.compile.max_output.value), &live_}
        , fleet_(
              executor_,
              redis_,
              c.redis,
              system_clock(),
              {"execution", process_.worker_id},
              static_cast<fleet::manageable&>(*this)
          )
        , running_(executor_, on_exception)
        , background_(executor_, on_exception)
        , consumer_(source_, results_, ports_, slots_, running_)
        , admin_(executor_, "execution", c.admin, [this] { return ready(); }) {
        apply_settings();
    }

    void use(runtime::live_settings& settings) override { fleet_.use(settings); }
    void settings_changed() override { apply_settings(); }
    awaitable<result<void>> start() override;
    std::vector<std::pair<std::string, std::string>> listeners() const override {
        return {{"admin", admin_.local_address()}};
    }
    awaitable<bool> drain(std::chrono::milliseconds grace) override;
    awaitable<void> stop() override;

private:
    static void on_exception(const std::string& name, std::exception_ptr thrown) {
        observe::error(
            {},
            "coroutine_failed",
            {{"name", name}, {"error", sluice::describe(thrown)}}
        );
    }
    awaitable<void> read_toolchains();
    void add_admin_routes();
    void refresh_gauges();
    http::readiness ready() const;
    void apply_settings();
    // What administrators may do.
    result<void> pause() override;
    result<void> resume() override;
    bool is_paused() const override { return consumer_.is_paused(); }
    void report(nlohmann::json& into) const override;

    const config& config_;
    started_process process_;
    asio::any_io_executor executor_;
    probe metrics_;
    runtime::blocking_pool file_pool_{1};  // reads toolchains at start
    worker_slots slots_;
    amqp::publisher publisher_;
    amqp::consumer tasks_;
    redis::client redis_;
    broker_channel channel_;
    broker_progress progress_;
    broker_tasks source_;
    result_publisher results_;
    compile_cache cache_;
    slot_runner runner_;
    runtime::gate live_gate_;  // output on its way, control being read
    redis_output output_;
    redis_control control_;
    live_services live_;
    execution_ports ports_;
    fleet::member fleet_;
    runtime::gate running_;     // one child for each task in hand
    runtime::gate background_;  // the loop, and what administrators see
    consumer consumer_;
    http::admin_server admin_;
    bool is_open_ = false;
    bool is_draining_ = false;
};

awaitable<result<void>> app::start() {
    const privilege_report& rights = process_.privileges;
    const bool stays_root = rights.uid == 0;
    observe::log(
        stays_root ? observe::level::warn : observe::level::info,
        {},
        "privileges",
        {{"user", rights.user}, {"uid", rights.uid}, {"was_root", rights.was_root}}
    );
    observe::info(
        {},
        "languages_found",
        {{"available", process_.languages.available_count()},
         {"known", process_.languages.availability().size()},
         {"worker_id", process_.worker_id}}
    );
    // Health can be asked for before anything else works.
    add_admin_routes();
    SLUICE_CO_TRY(admin_.listen());

    SLUICE_CO_TRY(co_await process_.launcher->open(executor_));
    is_open_ = true;
    // Before the first task; bounded in time, and health can be asked for meanwhile.
    co_await read_toolchains();

    // Redis may be away: programs run without it, and the connection comes by itself.
    background_.spawn("control", control_.run());
    auto has_redis = co_await redis_.connect(deadline::in(redis_patience));
    auto is_heard = co_await control_.wait_ready(deadline::in(redis_patience));
    if (!has_redis || !is_heard) observe::warn({}, "redis_away");

    const deadline until = deadline::in(config_.worker.start_timeout);
    SLUICE_CO_TRY(co_await publisher_.connect(until));
    // Beyond this point results can leave, so tasks may come.
    SLUICE_CO_TRY(co_await tasks_.connect(until));

    background_.spawn("fleet", fleet_.run());
    background_.spawn("consumer", consumer_.run());
    co_return result<void>();
}

awaitable<void> app::read_toolchains() {
    toolchain_report report;
    const auto read = [this, &report] {
        report = read_files(process_.toolchain_paths, config_.toolchains);
    };
    co_await file_pool_.run(read);
    observe::info(
        {},
        "toolchains_read",
        {{"files", report.files},
         {"bytes", report.bytes},
         {"ms", report.milliseconds},
         {"complete", report.is_complete}}
    );
}

awaitable<bool> app::drain(std::chrono::milliseconds grace) {
    is_draining_ = true;
    fleet_.is_draining();
    // What the broker has handed over and nobody has begun goes back at once.
    slots_.close();
    co_await source_.stop();
    // Running programs end and publish within the grace; what is left is killed and given back.
    const std::size_t cancelled = co_await running_.close(grace);
    if (cancelled > 0) observe::warn({}, "tasks_cancelled", {{"count", cancelled}});
    fleet_.stop();  // seen as draining until here
    co_return cancelled == 0;
}

awaitable<void> app::stop() {
    results_.stop();
    co_await control_.close();
    const std::size_t cut = co_await background_.close(std::chrono::seconds(2));
    (void)cut;  // an announcement that hangs; it runs out by itself
    co_await fleet_.close();
    co_await tasks_.close();
    co_await publisher_.close();
    const std::size_t cut_live = co_await live_gate_.close(std::chrono::milliseconds(500));
    (void)cut_live;
    co_await redis_.close();
    co_await process_.launcher->close();
    co_await admin_.close();
}

void app::add_admin_routes() {
    fleet_.add_routes(admin_);
    admin_.on_scrape([this] { refresh_gauges(); });
}

void app::apply_settings() {
    slots_.use(active_slots(config_, slots_.count()));
    slots_.change_max_publishing(static_cast<std::size_t>(config_.worker.max_unpublished));
    tasks_.set_prefetch(prefetch_of(config_, slots_.count()));
    consumer_.change_reserve(static_cast<std::uint16_t>(config_.worker.reserve));
    cache_.change(bounds_of(config_.compile_cache));
    live_.settings = watching(config_.live);
    fleet_.change_interval(config_.worker.announce_every);
}

result<void> app::pause() {
    consumer_.pause();
    return {};
}

result<void> app::resume() {
    consumer_.resume();
    return {};
}

void app::refresh_gauges() {
    metrics_.slots_busy.set(static_cast<double>(slots_.busy()));
    metrics_.slots_idle.set(
        static_cast<double>(std::max(slots_.in_use(), slots_.busy()) - slots_.busy())
    );
    metrics_.slots_publishing.set(static_cast<double>(slots_.publishing()));
    metrics_.cache_bytes.set(static_cast<double>(cache_.bytes()));
    metrics_.cache_entries.set(static_cast<double>(cache_.entries()));
}

http::readiness app::ready() const {
    http::readiness r;
    r.checks.emplace_back("sandbox", is_open_ ? "" : "the launcher is not open");
    r.checks.emplace_back("tasks", tasks_.is_connected() ? "" : "not connected to RabbitMQ");
    r.checks.emplace_back("results", publisher_.is_connected() ? "" : "not connected to RabbitMQ");
    if (is_draining_) r.checks.emplace_back("drain", "the service is stopping");
    r.is_ready = std::ranges::all_of(r.checks, [](const auto& c) { return c.second.empty(); });
    return r;
}

void app::report(nlohmann::json& into) const {
    into.update(languages_of(process_));
    into["active_slots"] = slots_.in_use();
    into["busy"] = slots_.busy();
    into["publishing"] = slots_.publishing();
    into["compile_cache"] = {{"entries", cache_.entries()}, {"bytes", cache_.bytes()}};
    auto jobs = nlohmann::json::array();
    for (const job& each : consumer_.jobs()) {
        jobs.push_back(
            {{"submission_id", each.submission_id},
             {"correlation_id", each.correlation_id},
             {"user_id", each.user_id},
             {"language", each.language},
             {"attempt", each.attempt},
             {"taken_at", to_rfc3339(each.since)}}
        );
    }
    into["jobs"] = std::move(jobs);
}

}  // namespace

std::unique_ptr<runtime::service>
make_app(asio::io_context& io, const config& c, started_process process) {
    return std::make_unique<app>(io, c, std::move(process));
}

runtime::service_definition make_definition(config& c, std::optional<started_process>& p) {
    runtime::service_definition d;
    d.name = "execution";
    d.description = "Takes tasks from the queue, runs them in sandboxes, publishes results.";
    d.describe = [&c](config_visitor& v) { describe(v, c); };
    d.log = [&c] { return c.log; };
    d.unfit_settings = [&c] { return unfit_settings(c); };
    d.candidate = runtime::make_candidate<config>;
    d.before_threads = [&c, &p] { p.emplace(start_process(c)); };
    d.make = [&c, &p](asio::io_context& io) {
        return make_app(io, c, std::move(*std::exchange(p, std::nullopt)));
    };
    d.grace = [&c] { return c.drain_grace; };
    d.commands.push_back(
        {"--doctor",
         "say what this machine lacks for running programs, and list the languages",
         [&c] { return doctor(c); }}
    );
    return d;
}

}  // namespace sluice::execution
