// Programs in C and Python through the use case, the compile cache and the real sandbox: what a
// user's program does must come back as the right status. Needs the rights that sandboxes need.
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

#include <csignal>

using namespace sluice;
using namespace sluice::execution;
using domain::limit_kind;
using domain::status;

namespace {

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

config test_config() {
    config c;
    c.sandbox.slots = 2;
    // Beside every other sandbox on this machine.
    c.sandbox.cgroup_parent = "sluice-test-execution-" + std::to_string(::getpid());
    c.sandbox.first_uid = 600'000 + ::getpid() % 100'000 * 4;
    return c;
}

// One launcher for all cases: starting one takes longer than a case.
struct machine {
    config settings = test_config();
    asio::io_context io;
    language_table languages;
    std::unique_ptr<sandbox::launcher> launcher;
    probe metrics;
    no_progress progress;
    worker_slots slots{io.get_executor(), 2, 8};
    compile_cache cache{io.get_executor(), {}};
    std::optional<slot_runner> runner;
    std::optional<execution_ports> ports;

    machine() {
        auto catalogue = must(languages::load_catalogue(settings.worker.languages_folder));
        launcher = must(sandbox::launcher::spawn(sandbox_settings(settings, catalogue)));
        auto found = languages::probe(catalogue);
        languages = language_table(std::move(catalogue), std::move(found));
        runner.emplace(*launcher, artefact_bounds{});
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

machine& the_machine() {
    static machine m;
    return m;
}

domain::task program(const std::string& language, const std::string& source) {
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
domain::task python(const std::string& source) {
    return program("python3", source);
}
domain::task c(const std::string& body) {
    return program(
        "c17",
        "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
        "int main(int argc, char** argv) {\n(void)argc; (void)argv;\n" +
            body + "\nreturn 0;\n}\n"
    );
}

}  // namespace

TEST_CASE("Python says hello") {
    const auto r = the_machine().run(python("print('hello')"));
    CHECK(r.status == status::accepted);
    CHECK(r.stdout_bytes == "hello\n");
    CHECK(r.exit_code == 0);
    CHECK(r.wall_us > 0);
    CHECK(r.cpu_us > 0);
    CHECK(r.memory_peak_bytes > 0);
}

TEST_CASE("C is compiled and says hello; the second time it comes out of the cache") {
    const auto task = c("puts(\"hello\");");
    const auto first = the_machine().run(task);
    INFO(first.compile->output);
    CHECK(first.status == status::accepted);
    CHECK(first.stdout_bytes == "hello\n");
    CHECK_FALSE(first.compile->is_cached);
    const auto second = the_machine().run(task);
    CHECK(second.status == status::accepted);
    CHECK(second.stdout_bytes == "hello\n");
    CHECK(second.compile->is_cached);
}

TEST_CASE("stdin, arguments and environment reach the program as bytes") {
    auto t = python(
        "import sys, os\nsys.stdout.buffer.write(sys.stdin.buffer.read())\n"
        "print(sys.argv[1:], os.environ['COLOUR'])"
    );
    t.stdin_bytes = std::string("a\0\xff\n", 4);
    t.args = {"x", "y z"};
    t.env = {{"COLOUR", "red"}};
    const auto r = the_machine().run(t);
    CHECK(r.status == status::accepted);
    CHECK(r.stdout_bytes == std::string("a\0\xff\n", 4) + "['x', 'y z'] red\n");
}

TEST_CASE("a program gets its other files") {
    auto t = python("import helper\nprint(helper.answer)");
    t.files.push_back({"helper.py", "answer = 42"});
    CHECK(the_machine().run(t).stdout_bytes == "42\n");
}

TEST_CASE("an exit code is a runtime error with that code") {
    const auto r = the_machine().run(python("import sys; print('x'); sys.exit(7)"));
    CHECK(r.status == status::runtime_error);
    CHECK(r.exit_code == 7);
    CHECK(r.stdout_bytes == "x\n");
}

TEST_CASE("a crash is a runtime error with its signal") {
    const auto r = the_machine().run(c("volatile int* p = NULL; *p = 1;"));
    CHECK(r.status == status::runtime_error);
    CHECK(r.signal == SIGSEGV);
}

TEST_CASE("what does not compile is a compile error with the compiler's words") {
    const auto r = the_machine().run(c("return undeclared_name;"));
    CHECK(r.status == status::compile_error);
    REQUIRE(r.compile.has_value());
    CHECK(r.compile->output.find("undeclared_name") != std::string::npos);
    CHECK_FALSE(r.times.started_at.has_value());
}

TEST_CASE("warnings of a successful compilation are kept, in the cache too") {
    const auto task = c("#warning take care\nputs(\"ran\");");
    for (const bool expected_cached : {false, true}) {
        const auto r = the_machine().run(task);
        CHECK(r.status == status::accepted);
        CHECK(r.compile->is_cached == expected_cached);
        CHECK(r.compile->output.find("take care") != std::string::npos);
    }
}

TEST_CASE("too much processor time is a time limit") {
    auto t = python("while True: pass");
    t.limits.cpu_time_ms = 300;
    const auto r = the_machine().run(t);
    CHECK(r.status == status::time_limit);
    CHECK(r.limit_hit == limit_kind::cpu_time);
}

TEST_CASE("too much elapsed time is a time limit") {
    auto t = python("import time; print('begun', flush=True); time.sleep(60)");
    t.limits.wall_time_ms = 500;
    const auto r = the_machine().run(t);
    CHECK(r.status == status::time_limit);
    CHECK(r.limit_hit == limit_kind::wall_time);
    CHECK(r.stdout_bytes == "begun\n");
}

TEST_CASE("too much memory is a memory limit") {
    auto t = c("for (;;) { char* p = malloc(1 << 20); if (p) memset(p, 1, 1 << 20); }");
    t.limits.memory_bytes = 32 << 20;
    const auto r = the_machine().run(t);
    CHECK(r.status == status::memory_limit);
    CHECK(r.limit_hit == limit_kind::memory);
}

TEST_CASE("too much output is an output limit and the first bytes are kept") {
    auto t = python("while True: print('y' * 100)");
    t.limits.output_bytes = 1000;
    const auto r = the_machine().run(t);
    CHECK(r.status == status::output_limit);
    CHECK(r.limit_hit == limit_kind::output);
    CHECK(r.stdout_bytes.size() == 1000);
    CHECK(r.stdout_truncated);
}

TEST_CASE("two identical C programs at once are compiled once") {
    machine& m = the_machine();
    const auto task = c("puts(\"only once\");");
    std::vector<domain::run_result> results;
    const auto both = [&]() -> awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto [order, e1, first, e2, second] =
            co_await asio::experimental::make_parallel_group(
                asio::co_spawn(executor, m.one(task), asio::deferred),
                asio::co_spawn(executor, m.one(task), asio::deferred)
            )
                .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
        (void)order;
        (void)e1;
        (void)e2;
        results.push_back(std::move(*first.result));
        results.push_back(std::move(*second.result));
    };
    testing::run_coro(m.io, both, std::chrono::seconds(60));
    REQUIRE(results.size() == 2);
    CHECK(results[0].stdout_bytes == "only once\n");
    CHECK(results[1].stdout_bytes == "only once\n");
    CHECK(results[0].compile->is_cached != results[1].compile->is_cached);
}
