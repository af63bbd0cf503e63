// The settings' names, bounds and comments; services/execution/config.yaml is tested against them.
#include "config.hpp"

#include "adapters/fork_servers.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace sluice::execution {

void describe(config_visitor& v, rabbitmq_config& c) {
    describe(v, c.connection);
    describe(v, c.queues);
}

void describe(config_visitor& v, compile_cache_config& c) {
    v.live().field(
        "max_bytes",
        c.max_bytes,
        "memory for compiled programs; the oldest unused go first"
    );
    v.live().field(
        "max_entries",
        c.max_entries,
        "compiled programs kept; each holds one file descriptor",
        {.minimum = 0, .maximum = 8192}
    );
}

void describe(config_visitor& v, compile_config& c) {
    v.field(
        "max_artefact_bytes",
        c.max_artefact_bytes,
        "largest result of one compilation, all files together"
    );
    v.field(
        "max_artefact_files",
        c.max_artefact_files,
        "most files that one compilation may leave",
        {.minimum = 1, .maximum = 65536}
    );
    v.field("max_output", c.max_output, "what is kept of a compiler's messages");
}

void describe(config_visitor& v, warm_config& c) {
    v.field(
        "enabled",
        c.is_enabled,
        "start the interpreter of the last program's language ahead of a slot's next program"
    );
    v.field(
        "quiet_time",
        c.quiet_time,
        "how long a slot must be idle before it starts one; at most 60s"
    );
    v.field("without", c.without, "ids of languages whose programs start cold all the same");
}

void describe(config_visitor& v, fork_config& c) {
    v.field(
        "users",
        c.users,
        "ids of users whose programs may share the hash seed and address layout of one interpreter"
    );
    v.field(
        "runs",
        c.runs,
        "runs after which that interpreter is replaced",
        {.minimum = 1, .maximum = 1'000'000}
    );
    v.field("without", c.without, "ids of languages whose programs are started all the same");
}

void describe(config_visitor& v, live_config& c) {
    v.live().field(
        "first_hold",
        c.first_hold,
        "a program that ends this soon after its first output costs no message"
    );
    v.live()
        .field("shortest_window", c.shortest_window, "output is sent at most once in this time");
    v.live().field("longest_window", c.longest_window, "to what the window grows for a flood");
    v.live().field(
        "waiting",
        c.waiting,
        "output of a run that may wait to be sent; the oldest goes first"
    );
    v.live().field("kept", c.kept, "output of a run that those get who join late");
    v.field("kept_for", c.kept_for, "how long it is kept after the last piece");
    v.live().field(
        "idle_time",
        c.idle_time,
        "an interactive run without input and output for this long is ended"
    );
    v.live().field(
        "disconnect_grace",
        c.disconnect_grace,
        "with on_disconnect: cancel, how long a run goes on that nobody watches"
    );
}

void describe(config_visitor& v, worker_config& c) {
    v.field("worker_id", c.id, "name of this worker in results; empty: host:pid:random");
    v.field(
        "run_as",
        c.run_as,
        "user to become, for good, once the sandbox launcher runs; empty: stay root (never in "
        "production)"
    );
    v.field("languages_folder", c.languages_folder, "folder with one YAML file for each language");
    v.field(
        "prepared_folder",
        c.prepared_folder,
        "precompiled headers and the like, made by sluice-languages --prepare; empty: use none"
    );
    v.live().field(
        "active_slots",
        c.active_slots,
        "how many of sandbox.slots take work; 0: all",
        {.minimum = 0, .maximum = 1024}
    );
    v.live().field(
        "prefetch",
        c.prefetch,
        "tasks the broker may hand over unacknowledged; 0: as many as active slots",
        {.minimum = 0, .maximum = 1024}
    );
    v.live().field(
        "reserve",
        c.reserve,
        "tasks more that the broker may hand over while runs are short (0.2 s on average) and no "
        "worker has a free slot; 0: none",
        {.minimum = 0, .maximum = 64}
    );
    v.live().field(
        "max_unpublished",
        c.max_unpublished,
        "results that may wait for their confirm before no further task is taken",
        {.minimum = 1, .maximum = 4096}
    );
    v.field("publish_timeout", c.publish_timeout, "longest wait for one confirm of a result");
    v.field("start_timeout", c.start_timeout, "longest wait for the broker at start");
    v.live().field(
        "announce_every",
        c.announce_every,
        "how often this worker tells Redis that it lives"
    );
}

void describe(config_visitor& v, config& c) {
    v.choice(
        "environment",
        c.environment,
        {"development", "production"},
        "production refuses what is insecure outside a laptop"
    );
    v.section("log", c.log, "");
    v.section("admin", c.admin, "internal listener: metrics, health, pause and resume");
    v.section("rabbitmq", c.rabbitmq, "where tasks come from and results go to");
    v.section("redis", c.redis, "where this worker announces itself; optional for running");
    v.section("sandbox", c.sandbox, "what programs run in");
    v.section("compile", c.compile, "bounds on compilers");
    v.section("compile_cache", c.compile_cache, "compiled programs kept for the same sources");
    v.section("toolchains", c.toolchains, "what is read into memory before the first task");
    v.section("warm_runtimes", c.warm_runtimes, "interpreters that wait for their program");
    v.section("fork_server", c.fork_server, "for users whom the operator trusts");
    v.section("live", c.live, "output while programs run, and those who watch them");
    describe(v, c.worker);
    v.live().field("drain_grace", c.drain_grace, "time for running programs to end after SIGTERM");
}

std::int64_t config::slot_count() const {
    return sandbox.slots > 0 ? sandbox.slots : std::max(1U, std::thread::hardware_concurrency());
}

std::vector<std::string> unfit_settings(const config& c) {
    std::vector<std::string> problems;
    if (c.worker.active_slots > c.slot_count()) {
        problems.push_back(
            "active_slots is " + std::to_string(c.worker.active_slots) + ", but there are only " +
            std::to_string(c.slot_count()) + " sandboxes: sandbox.slots needs a restart"
        );
    }
    if (std::string problem = sandbox::problem_in(c.sandbox.network); !problem.empty()) {
        problems.push_back(std::move(problem));
    }
    if (std::string problem = problem_in(c.fork_server); !problem.empty()) {
        problems.push_back(std::move(problem));
    }
    if (!c.is_production()) return problems;
    if (c.worker.run_as.empty() && ::geteuid() == 0) {
        problems.push_back(
            "run_as is empty, so this process would stay root: refused in "
            "production. Name a user that owns nothing, such as \"nobody\"."
        );
    }
    if (!c.sandbox.allow_weak.empty()) {
        problems.push_back("sandbox.allow_weak does without protections: refused in production.");
    }
    return problems;
}

}  // namespace sluice::execution
