// Theory of operation. One coroutine carries the phases: start → ready line → wait for a signal →
// drain → stop. A signal handler beside it sets the event that the coroutine waits for; the second
// signal ends the process on the spot. When the coroutine is done, the loop must run out of work by
// itself; one that does not has a leak, which is reported instead of hanging.
#include "service_life.hpp"

#include "config_watch.hpp"

#include "sluice/observe/log.hpp"
#include "sluice/runtime/event.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/signal_set.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>

namespace sluice::runtime {
namespace {

constexpr int signal_exit_base = 128;
constexpr std::chrono::seconds loop_leftover_limit{5};

[[noreturn]] void exit_now(int code) {
    observe::shutdown_log();
    std::fflush(stdout);
    ::_exit(code);
}

void print_ready_line(const std::string& name, const service& running) {
    nlohmann::ordered_json line;
    line["event"] = "ready";
    line["service"] = name;
    line["pid"] = ::getpid();
    line["listeners"] = nlohmann::ordered_json::object();
    for (const auto& [listener, address] : running.listeners())
        line["listeners"][listener] = address;
    const std::string text = line.dump() + "\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

class life {
public:
    life(const service_definition& definition, const std::string& config_file)
        : definition_(definition)
        , stop_requested_(io_.get_executor())
        , signals_(io_, SIGTERM, SIGINT)
        , reloads_(io_, SIGHUP)
        , settings_(settings_source(config_file))
        , watch_(io_.get_executor(), config_file, [this] { reload("file"); }) {}

    int run() {
        service_ = definition_.make(io_);
        service_->use(settings_);
        wait_for_signal();
        wait_for_reload();
        if (definition_.candidate && !settings_.file().empty()) watch_.start();
        asio::co_spawn(io_, phases(), [this](std::exception_ptr thrown, int code) {
            if (thrown) {
                observe::error({}, "service_failed", {{"error", describe(thrown)}});
                exit_now(1);
            }
            code_ = code;
            signals_.cancel();
            reloads_.cancel();
            watch_.stop();
        });
        while (!code_ && io_.run_one() > 0) {
        }
        io_.run_for(loop_leftover_limit);
        if (!io_.stopped()) {
            observe::error({}, "loop_not_empty", {{"message", "something was left running"}});
            exit_now(1);
        }
        service_.reset();
        return code_.value_or(1);
    }

private:
    live_settings::source settings_source(const std::string& file) {
        live_settings::source s;
        s.file = file;
        s.environment = process_environment();
        s.current = definition_.describe;
        s.make_candidate = definition_.candidate;
        s.on_applied = [this](const std::vector<setting_change>& changes) { applied(changes); };
        return s;
    }
    void applied(const std::vector<setting_change>& changes) {
        // Not at every change: the level may have been set by hand since.
        const bool is_level = std::ranges::any_of(changes, [](const setting_change& c) {
            return c.name == "log.level";
        });
        observe::level wanted{};
        if (is_level && definition_.log && observe::parse_level(definition_.log().level, wanted)) {
            observe::set_level(wanted);
        }
        service_->settings_changed();
    }
    void reload(std::string_view why) {
        if (definition_.candidate && !stop_requested_.is_set()) settings_.reload(why);
    }
    void wait_for_reload() {
        reloads_.async_wait([this](boost::system::error_code failed, int) {
            if (failed) return;
            reload("SIGHUP");
            wait_for_reload();
        });
    }

    void wait_for_signal() {
        signals_.async_wait([this](boost::system::error_code failed, int number) {
            if (failed) return;
            if (stop_requested_.is_set()) ::_exit(signal_exit_base + number);
            observe::info({}, "signal_received", {{"signal", number}});
            stop_requested_.set();
            wait_for_signal();
        });
    }

    // The outcome of start(); nullopt when a signal came first (start is then cancelled).
    awaitable<std::optional<result<void>>> start_unless_stopped() {
        const auto [order, thrown, started, stop_thrown, stop] =
            co_await asio::experimental::make_parallel_group(
                asio::co_spawn(io_, service_->start(), asio::deferred),
                asio::co_spawn(io_, stop_requested_.wait(), asio::deferred)
            )
                .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
        if (order[0] == 1) co_return std::nullopt;
        if (thrown) std::rethrow_exception(thrown);
        co_return started;
    }

    awaitable<int> phases() {
        const auto started = co_await start_unless_stopped();
        if (!started) {
            observe::info({}, "stopped_before_ready");
            exit_now(0);
        }
        if (!*started) {
            observe::error({}, "start_failed", {{"error", started->error()}});
            exit_now(1);
        }
        observe::info({}, "ready");
        print_ready_line(definition_.name, *service_);

        const auto requested = co_await stop_requested_.wait();
        (void)requested;  // nobody cancels this coroutine
        observe::info({}, "drain_started");
        const auto grace =
            definition_.grace ? definition_.grace() : std::chrono::milliseconds(10000);
        const bool is_clean = co_await service_->drain(grace);
        co_await service_->stop();
        observe::info({}, "stopped", {{"clean", is_clean}});
        co_return is_clean ? 0 : 1;
    }

    const service_definition& definition_;
    asio::io_context io_{1};
    event stop_requested_;
    asio::signal_set signals_;
    asio::signal_set reloads_;
    live_settings settings_;
    config_watch watch_;
    std::unique_ptr<service> service_;
    std::optional<int> code_;
};

}  // namespace

int run_until_signal(const service_definition& definition, const std::string& config_file) {
    life the_life(definition, config_file);
    return the_life.run();
}

}  // namespace sluice::runtime
