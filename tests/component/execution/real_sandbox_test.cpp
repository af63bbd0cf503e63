// Programs in C and Python through the use case, the compile cache and the real sandbox: what a
// user's program does must come back as the right status.
#include "machine.hpp"

#include <csignal>

using namespace sluice;
using namespace sluice::execution;
using namespace sluice::execution::real;
using domain::limit_kind;
using domain::status;

namespace {

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

TEST_CASE("a second Python program finds its interpreter waiting, a C program does not mind") {
    // The kernel shows the arguments that a process was started with, not those it was told later.
    auto t =
        python("import sys; print(open('/proc/self/cmdline').read().count('later'), sys.argv)");
    t.args = {"later"};
    (void)the_machine().run(t);
    CHECK(the_machine().run(t).stdout_bytes == "0 ['main.py', 'later']\n");
    CHECK(the_machine().run(c("puts(\"between\");")).stdout_bytes == "between\n");
    CHECK(the_machine().run(t).stdout_bytes == "0 ['main.py', 'later']\n");
}

TEST_CASE("a language can be told to start cold, and so can all") {
    const auto languages = the_machine().languages.available();
    REQUIRE(warm_runtimes::make(languages, {}, {})->find("python3"));
    CHECK_FALSE(warm_runtimes::make(languages, {.without = {"python3"}}, {})->find("python3"));
    CHECK(warm_runtimes::make(languages, {.is_enabled = false}, {})->size() == 0);
    using namespace std::chrono_literals;
    CHECK(warm_runtimes::make(languages, {.quiet_time = 61s}, {}).error() == errc::invalid);
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
