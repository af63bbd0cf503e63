// What every service's main does: command line, configuration, signals, phases, exit codes.
//
// Phases: configure (exit 2 on a bad setting) → connect → ready (/readyz 200, one ready line on
// stdout) → SIGTERM or SIGINT → drain (/readyz 503, stop taking work, finish or give back what is
// in hand, at most `grace`) → stop → exit 0, or 1 when something had to be cancelled. A second
// signal exits at once.
#pragma once

#include "sluice/core/config.hpp"
#include "sluice/core/error.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/runtime/live_settings.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::runtime {

class service {
public:
    virtual ~service() = default;
    // Before start(); outlives the service.
    virtual void use(live_settings&) {}
    // Live fields of the configuration have new values: hand them on to whoever keeps a copy.
    virtual void settings_changed() {}
    // Opens adapters and listeners; returns when the service can do its work. An error ends the
    // process at once with exit code 1 (nothing is in hand yet); a signal before the end cancels
    // the start.
    virtual awaitable<result<void>> start() = 0;
    // Addresses for the ready line: {"http":"127.0.0.1:8080","admin":"127.0.0.1:9090"}.
    virtual std::vector<std::pair<std::string, std::string>> listeners() const = 0;
    // Stops taking work, then finishes or gives back what is in hand. True when nothing was
    // cancelled.
    virtual awaitable<bool> drain(std::chrono::milliseconds grace) = 0;
    // Closes adapters in reverse order of construction.
    virtual awaitable<void> stop() = 0;
};

struct service_definition {
    std::string name;         // "submission"
    std::string description;  // for --help
    describe_fn describe;     // the service's whole configuration
    // The log settings out of the loaded configuration; without it, the defaults.
    std::function<observe::log_config()> log;
    // What is wrong with settings that are well-formed each (insecure in production, contradicting
    // each other), one sentence each; --check-config and the service itself refuse them with exit
    // code 2, the commands below do not.
    std::function<std::vector<std::string>()> unfit_settings;
    // Makes what a changed configuration is read into (make_candidate<config>); without it nothing
    // changes while the service runs.
    std::function<candidate_config()> candidate;
    // Called after the configuration is loaded, before any thread exists (slot managers are spawned
    // here).
    std::function<void()> before_threads;
    std::function<std::unique_ptr<service>(asio::io_context&)> make;
    std::function<std::chrono::milliseconds()> grace;
    // Extra flags of this service: name → action that returns the exit code, run after the
    // configuration.
    struct command {
        std::string flag;  // "--migrate"
        std::string help;
        std::function<int()> run;
    };
    std::vector<command> commands;
};

// Flags: --config FILE, --check-config, --print-config, --config-reference, --version, --help and
// the service's own. The ready line is one JSON object on stdout:
// {"event":"ready","service":"submission","pid":1234,"listeners":{"http":"127.0.0.1:8080"}}.
int run_service(int argc, const char* const* argv, const service_definition& definition);

}  // namespace sluice::runtime
