// The use case with the real sandbox behind it, shared by the cases of this test. Needs the rights
// that sandboxes need.
#pragma once

#include "adapters/compile_cache.hpp"
#include "adapters/sandbox_runner.hpp"
#include "language_table.hpp"
#include "startup.hpp"
#include "use_cases/execute_submission.hpp"

#include "sluice/languages/catalogue.hpp"
#include "sluice/runtime/with_deadline.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <functional>

namespace sluice::execution::real {

class no_progress final : public progress_sink {
public:
    int told = 0;
    void publish(const observe::context&, const domain::progress&) override { ++told; }
};

template <class T>
T must(result<T> r) {
    if (!r) throw std::runtime_error(sluice::describe(r.error()));
    return std::move(*r);
}

inline config test_config() {
    config c;
    c.sandbox.slots = 2;
    // A run finds its runtime in the slot that served its language last, however soon it comes.
    c.warm_runtimes.quiet_time = {};
    // Beside every other sandbox on this machine.
    c.sandbox.cgroup_parent = "sluice-test-execution-" + std::to_string(::getpid());
    c.sandbox.first_uid = 600'000 + ::getpid() % 100'000 * 4;
    return c;
}

// One launcher for all cases: starting one takes longer than a case.
struct machine {
    config settings;
    asio::io_context io;
    language_table languages;
    std::unique_ptr<sandbox::launcher> launcher;
    probe metrics;
    no_progress progress;
    worker_slots slots{io.get_executor(), 2, 8};
    compile_cache cache{io.get_executor(), {}};
    std::optional<slot_runner> runner;
    std::optional<execution_ports> ports;

    using edit = std::function<void(domain::language&)>;

    explicit machine(config c = test_config(), const edit& change = {}) : settings(std::move(c)) {
        auto catalogue = must(languages::load_catalogue(settings.worker.languages_folder));
        for (domain::language& l : catalogue)
            if (change) change(l);
        const auto prepared = prepared_folders(settings, catalogue);
        launcher = must(sandbox::launcher::spawn(sandbox_settings(settings, catalogue, prepared)));
        auto found = with_prepared(languages::probe(catalogue), prepared);
        languages = language_table(std::move(catalogue), std::move(found));
        auto warm = must(
            warm_runtimes::make(languages.available(), settings.warm_runtimes, settings.sandbox)
        );
        runner.emplace(*launcher, artefact_bounds{}, std::move(warm));
        ports.emplace(execution_ports{
            *runner,
            cache,
            progress,
            system_clock(),
            languages,
            metrics,
            "component-test"});
        auto opened = testing::run_coro(io, [this] { return launcher->open(io.get_executor()); });
        if (!opened) throw std::runtime_error(sluice::describe(opened.error()));
    }
    ~machine() {
        testing::run_coro(io, [this] { return launcher->close(); });
    }

    awaitable<execution_end> one(domain::task t) {
        auto lease = co_await slots.acquire();
        co_return co_await execute_submission({}, *ports, std::move(t), *lease, t.created_at);
    }
    domain::run_result run(domain::task t) {
        const auto work = [&] { return one(std::move(t)); };
        execution_end end = testing::run_coro(io, work, std::chrono::seconds(60));
        INFO(end.message << " " << end.detail);
        REQUIRE(end.result.has_value());
        return std::move(*end.result);
    }
};

inline machine& the_machine() {
    static machine m;
    return m;
}

inline domain::task program(const std::string& language, const std::string& source) {
    domain::task t;
    const wall_time now = system_clock().now();
    t.id = submission_id(uuid::time_v7(unix_ms(now)));
    t.correlation_id = sluice::correlation_id(uuid::random_v4());
    t.user_id = "ada";
    t.language = language;
    t.files = {{language == "c17" ? "main.c" : "main.py", source}};
    for (const domain::limit_row& row : domain::limit_table)
        t.limits.*row.field = row.default_value;
    t.created_at = now;
    t.deadline_at = now + std::chrono::minutes(10);
    return t;
}
inline domain::task python(const std::string& source) {
    return program("python3", source);
}

}  // namespace sluice::execution::real
