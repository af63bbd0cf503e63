// The composition root, to be read from top to bottom: what exists, in which order it starts, and
// in which order it ends.
#include "app.hpp"

#include "adapters/redis_events.hpp"
#include "adapters/redis_live.hpp"
#include "adapters/redis_sessions.hpp"
#include "authenticate.hpp"
#include "heartbeat.hpp"
#include "session.hpp"
#include "token_watch.hpp"

#include "sluice/fleet/member.hpp"
#include "sluice/messages/tokens.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/redis/subscriber.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace sluice::websocket {
namespace {

constexpr std::chrono::seconds unregister_grace{2};

std::string node_name(const sessions_config& c) {
    if (!c.node.empty()) return c.node;
    return fleet::make_instance_id();
}

class app final : public runtime::service, private fleet::manageable {
public:
    app(asio::io_context& io, const config& c)
        : config_(c)
        , executor_(io.get_executor())
        , node_(node_name(c.sessions))
        , tokens_(c.auth.tokens)
        , redis_(executor_, "sessions", c.redis)
        , channel_(
              executor_,
              "node channel",
              c.redis,
              [this](std::string_view channel, std::string_view payload) {
                  on_message(channel, payload);
              },
              [this] {
                  heartbeat_.on_gap();
                  outputs_.gap_all();
              }
          )
        , registry_(redis_, system_clock(), node_, c.sessions.ttl)
        , events_(redis_)
        , live_store_(redis_, system_clock(), node_, c.sessions.ttl, c.steering)
        , output_channels_(channel_)
        , outputs_(output_channels_)
        , tickets_(redis_, system_clock(), [this] { return has_redis(); })
        , background_(executor_, on_exception)
        , heartbeat_(executor_, hub_, registry_, metrics_, c.sessions.heartbeat)
        , expiries_(executor_, hub_, registry_, system_clock())
        , watching_ended_(executor_)
        , live_{outputs_, live_store_, system_clock(), background_}
        , services_{hub_, registry_, events_, system_clock(), metrics_, background_, live_, node_}
        , server_(
              executor_,
              c.ws,
              [this](http::request& q) { return authenticate(tokens_, tickets_, q); },
              [this](
                  std::shared_ptr<ws::connection> connection,
                  http::request q,
                  ws::accept_decision d
              ) { return serve(std::move(connection), std::move(q), std::move(d)); }
          )
        , fleet_(
              executor_,
              redis_,
              c.redis,
              system_clock(),
              {"websocket", node_},
              static_cast<fleet::manageable&>(*this)
          )
        , admin_(executor_, "websocket", c.admin, [this] { return ready(); }) {
        apply_replay();
        fleet_.add_routes(admin_);
        services_.pace_bytes = static_cast<std::size_t>(c.ws.send_buffer.value / 2);
        admin_.on_scrape([this] {
            metrics_.connections.set(static_cast<double>(server_.connection_count()));
        });
    }

    void use(runtime::live_settings& settings) override { fleet_.use(settings); }
    void settings_changed() override {
        apply_replay();
        replace_tokens();
        live_store_.change(config_.steering);
    }

    awaitable<result<void>> start() override {
        SLUICE_CO_TRY(admin_.listen());
        const auto until = deadline::in(config_.connect_timeout);
        SLUICE_CO_TRY(co_await redis_.connect(until));
        SLUICE_CO_TRY(co_await channel_.connect(until));
        // Before the first session: an event that is sent to this node is heard.
        SLUICE_CO_TRY(co_await channel_.subscribe(messages::keys::node_channel(node_)));
        SLUICE_CO_TRY(co_await channel_.subscribe(std::string(messages::revocation_channel)));
        background_.spawn("heartbeat", heartbeat_.run());
        background_.spawn("expiries", expiries_.run());
        background_.spawn("watches", refresh_watches());
        background_.spawn("fleet", fleet_.run());
        SLUICE_CO_TRY(server_.listen());
        co_return result<void>();
    }

    std::vector<std::pair<std::string, std::string>> listeners() const override {
        return {{"ws", server_.local_address()}, {"admin", admin_.local_address()}};
    }

    awaitable<bool> drain(std::chrono::milliseconds grace) override {
        is_draining_ = true;
        fleet_.is_draining();
        server_.stop_accepting();
        // Clients are told to go elsewhere (1001); each session unregisters as it ends.
        const std::size_t cut = co_await server_.close(grace);
        heartbeat_.stop();
        expiries_.stop();
        watching_ended_.set();
        fleet_.stop();
        const std::size_t cut_background = co_await background_.close(unregister_grace);
        co_return cut == 0 && cut_background == 0;
    }

    awaitable<void> stop() override {
        co_await channel_.close();
        co_await fleet_.close();
        co_await redis_.close();
        co_await admin_.close();
    }

private:
    // A connection is no piece of work that could be left to others.
    result<void> pause() override {
        return fail(
            errc::invalid,
            "a websocket node cannot be paused: its clients would stay connected and hear "
            "nothing; drain it instead"
        );
    }
    result<void> resume() override {
        return fail(
            errc::invalid,
            "a websocket node cannot be paused, so there is nothing to resume"
        );
    }
    bool is_paused() const override { return false; }
    void report(nlohmann::json& into) const override {
        into["connections"] = server_.connection_count();
    }
    void apply_replay() {
        services_.page = config_.replay.page;
        services_.max_buffered = static_cast<std::size_t>(config_.replay.max_buffered);
    }

    void replace_tokens() {
        http::bearer_tokens replaced(config_.auth.tokens);
        // Also for a connection whose handshake is under way: it has not joined yet.
        const auto gone = tokens_.missing_in(replaced);
        withdrawn_ = {gone.begin(), gone.end()};
        tokens_ = std::move(replaced);
        hub_.end(gone, token_end::revoked);
    }

    static void on_exception(const std::string& name, std::exception_ptr thrown) {
        observe::error(
            {},
            "coroutine_failed",
            {{"name", name}, {"error", sluice::describe(thrown)}}
        );
    }

    bool has_redis() const { return redis_.is_connected() && channel_.is_connected(); }

    void on_message(std::string_view channel, std::string_view payload) {
        if (channel == messages::revocation_channel) {
            if (const auto revoked = messages::decode_revocations(payload)) {
                hub_.end(*revoked, token_end::revoked);
                return;
            }
        }
        const bool is_event = channel == messages::keys::node_channel(node_);
        if (is_event ? hub_.deliver(payload) : outputs_.deliver(payload)) return;
        metrics_.unreadable.increment();
        observe::warn({}, "unreadable_event", {{"bytes", payload.size()}});
    }

    // Who watches what is a lease, as sessions are.
    awaitable<void> refresh_watches() {
        for (;;) {
            auto ended = co_await watching_ended_.wait(deadline::in(config_.sessions.heartbeat));
            if (ended || ended.error() != errc::timeout) co_return;
            auto all = outputs_.watches();
            auto done = co_await live_store_.attach(std::move(all));
            if (!done) observe::warn({}, "watches_not_refreshed", {{"error", done.error()}});
        }
    }

    // No coroutine: its frame would keep the request for as long as the connection lives.
    awaitable<void>
    serve(std::shared_ptr<ws::connection> connection, http::request q, ws::accept_decision d) {
        std::optional<std::string> last;
        const auto given = q.query.find("last_event_id");
        // A client that has none yet may say so with an empty one.
        if (given != q.query.end() && !given->second.empty()) last = given->second;
        const bool is_withdrawn = withdrawn_.contains(d.token_sha256) &&
                                  tokens_.user_of_digest(d.token_sha256) != d.user_id;
        const auto one = std::make_shared<session>(
            executor_,
            services_,
            std::move(connection),
            caller{std::move(d.user_id), std::move(d.token_sha256)}
        );
        if (is_withdrawn) one->on_token_end(token_end::revoked);
        return one->run(std::move(last));
    }

    http::readiness ready() const {
        http::readiness r;
        r.checks = {
            {"redis", redis_.is_connected() ? "" : "not connected"},
            {"node_channel", channel_.is_connected() ? "" : "not connected"},
            {"drain", is_draining_ ? "draining" : ""},
        };
        r.is_ready = std::ranges::all_of(r.checks, [](const auto& c) { return c.second.empty(); });
        return r;
    }

    const config& config_;
    asio::any_io_executor executor_;
    std::string node_;
    http::bearer_tokens tokens_;
    std::set<std::string> withdrawn_;  // digests of tokens that the last change took away
    probe metrics_;
    hub hub_;
    redis::client redis_;
    redis::subscriber channel_;
    redis_sessions registry_;
    redis_events events_;
    redis_live live_store_;
    redis_output_channels output_channels_;
    output_hub outputs_;
    redis_tickets tickets_;
    runtime::gate background_;
    heartbeat heartbeat_;
    token_watch expiries_;
    runtime::event watching_ended_;
    live_services live_;
    session_services services_;
    ws::server server_;
    fleet::member fleet_;
    http::admin_server admin_;
    bool is_draining_ = false;
};

}  // namespace

std::unique_ptr<runtime::service> make_app(asio::io_context& io, const config& c) {
    return std::make_unique<app>(io, c);
}

runtime::service_definition make_definition(config& c) {
    runtime::service_definition d;
    d.name = "websocket";
    d.description = "Holds the users' connections and relays their events.";
    d.describe = [&c](config_visitor& v) { describe(v, c); };
    d.log = [&c] { return c.log; };
    d.unfit_settings = [&c] { return unfit_settings(c); };
    d.candidate = runtime::make_candidate<config>;
    d.make = [&c](asio::io_context& io) { return make_app(io, c); };
    d.grace = [&c] { return c.drain_grace; };
    return d;
}

}  // namespace sluice::websocket
