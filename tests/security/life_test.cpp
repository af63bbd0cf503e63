// The life of runs and slots: input, output, artefacts, cancelling, killing, a manager that dies,
// an end without traces.
#include "host_state.hpp"
#include "jail_fixture.hpp"

#include "sluice/testing/run_coro.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

namespace sluice::sandbox::test {

namespace {

const run_facts& facts_of(const result<run_facts>& outcome) {
    if (outcome.has_error()) FAIL(describe(outcome.error()));
    return *outcome;
}

}  // namespace

TEST_CASE("a program reads its input and its arguments and answers on both streams") {
    jail j;
    run_request r = python(
        "import sys; print(sys.stdin.read() + sys.argv[1]); print('e', file=sys.stderr); "
        "sys.exit(7)"
    );
    r.what.argv.emplace_back("argument");
    r.stdin_bytes = std::string("in\0put ", 7);
    const auto outcome = j.run(std::move(r));
    const run_facts& f = facts_of(outcome);
    CHECK(f.exit_code == 7);
    CHECK(f.out == std::string("in\0put argument\n", 16));
    CHECK(f.err == "e\n");
}

TEST_CASE("output is kept up to its limit, and the rest is told and drained, when asked so") {
    jail j;
    std::size_t told = 0;
    run_request r = python(
        "import sys\nfor i in range(1000): sys.stdout.write('0123456789' * 1000)\nsys.exit(3)"
    );
    r.limits.output_bytes = 12345;
    r.on_output_limit = output_policy::drain;
    r.on_output = [&](stream, std::string_view piece) { told += piece.size(); };
    const auto outcome = j.run(std::move(r));
    const run_facts& f = facts_of(outcome);
    CHECK(f.exit_code == 3);
    CHECK(f.out.size() == 12345);
    CHECK(told == 10'000'000);
    CHECK(f.out_truncated);
    CHECK_FALSE(f.output_exceeded);
}

TEST_CASE("the last bytes of output are never lost") {
    jail j;
    for (int i = 0; i < 50; ++i) {
        run_request r = program({"/usr/bin/printf", "%0200000d", "1"});
        r.limits.output_bytes = 1 << 20;
        const auto outcome = j.run(std::move(r));
        CHECK(facts_of(outcome).out.size() == 200000);
    }
}

TEST_CASE("what a compiler made in one run is executed in the next") {
    jail j;
    run_request make = python(
        "import os\nos.makedirs('out/deep')\nopen('out/deep/tool','w').write('#!/bin/sh\\necho "
        "made\\n')\n"
        "os.chmod('out/deep/tool', 0o755)"
    );
    make.collect = collect_spec{"out", 1 << 20, 16};
    const auto made = j.run(std::move(make));
    REQUIRE(facts_of(made).artefacts);
    run_request use = program({"/bin/sh", "/box/out/deep/tool"});
    use.files = {made->artefacts};
    const auto used = j.run(std::move(use));
    CHECK(facts_of(used).out == "made\n");
}

TEST_CASE("a missing program is a failure of the sandbox that names its step") {
    jail j;
    const auto outcome = j.run(program({"/usr/bin/no-such-program"}));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == make_error_code(sandbox_errc::setup_failed));
    CHECK(outcome.error().detail == "exec_program: ENOENT");
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
}

TEST_CASE("kill ends a run and says so") {
    jail j;
    run_request r = program({"/usr/bin/sleep", "30"});
    r.limits.wall_time = std::chrono::seconds(40);
    r.on_started = [&] { j.process().at(0).kill(); };
    const auto outcome = j.run(std::move(r));
    const run_facts& f = facts_of(outcome);
    CHECK(f.signal == SIGKILL);
    CHECK(f.was_killed_by_request);
    CHECK(f.wall_us < 10'000'000);
}

TEST_CASE("cancelling the awaiting coroutine ends the run and leaves the slot usable") {
    jail j;
    asio::cancellation_signal stop;
    std::optional<result<run_facts>> outcome;
    run_request r = program({"/usr/bin/sleep", "30"});
    r.limits.wall_time = std::chrono::seconds(40);
    r.on_started = [&] { stop.emit(asio::cancellation_type::terminal); };
    auto on_end = [&](const std::exception_ptr&, result<run_facts> facts) {
        outcome.emplace(std::move(facts));
    };
    asio::co_spawn(
        j.io(),
        j.process().at(0).run(std::move(r)),
        asio::bind_cancellation_slot(stop.slot(), on_end)
    );
    j.io().restart();
    j.io().run_for(std::chrono::seconds(20));
    REQUIRE(outcome);
    REQUIRE(outcome->has_error());
    CHECK(outcome->error() == errc::cancelled);
    CHECK(processes_of(j.job_uid()).empty());
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
}

TEST_CASE("a slot manager that dies in mid-run is reported and replaced") {
    jail j;
    run_request r = program({"/usr/bin/sleep", "30"});
    r.limits.wall_time = std::chrono::seconds(40);
    r.on_started = [&] {
        for (const std::string& process : processes_of(j.job_uid() - 1)) {
            ::kill(static_cast<pid_t>(std::stol(process)), SIGKILL);
        }
    };
    const auto outcome = j.run(std::move(r));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == make_error_code(sandbox_errc::slot_died));
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
}

TEST_CASE("limits and commands that cannot be enforced are refused by name") {
    jail j;
    const auto detail_of = [&](run_request r) {
        const auto outcome = j.run(std::move(r));
        REQUIRE(outcome.has_error());
        CHECK(outcome.error() == errc::invalid);
        return outcome.error().detail;
    };
    run_request no_memory = program({"/usr/bin/true"});
    no_memory.limits.memory_bytes = 0;
    CHECK(detail_of(no_memory) == "memory_bytes: out of range");
    run_request no_wall = program({"/usr/bin/true"});
    no_wall.limits.wall_time = std::chrono::milliseconds(0);
    CHECK(detail_of(no_wall) == "wall_time: out of range");
    CHECK(detail_of(program({"true"})) == "argv[0] is not an absolute path");
    CHECK(detail_of(program({"/usr/bin/true", std::string("a\0b", 3)})) == "argv: NUL inside");
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
}

TEST_CASE("processor time of children that nobody waited for is counted") {
    jail j;
    run_request r = python(
        "import os, time\n"
        "ends = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    t = time.process_time()\n"
        "    while time.process_time() - t < 0.2: pass\n"
        "    os._exit(0)\n"
        "os.close(ends[1])\nos.read(ends[0], 1)\nos._exit(0)"
    );
    r.limits.cpu_time = std::chrono::seconds(5);
    const auto outcome = j.run(std::move(r));
    CHECK(facts_of(outcome).cpu_us > 190'000);
}

TEST_CASE("a program finds the default signals, whatever the service ignores") {
    jail j;
    const auto outcome =
        j.run(python("import signal\n"
                     "for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1): assert "
                     "signal.getsignal(s) == signal.SIG_DFL\n"
                     "print(signal.pthread_sigmask(signal.SIG_BLOCK, []))"));
    CHECK(facts_of(outcome).out == "set()\n");
}

TEST_CASE("no signal is ignored or blocked when a program starts, libc's own two included") {
    jail j;
    const auto outcome =
        j.run(program({"/usr/bin/grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"}));
    CHECK(facts_of(outcome).out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("the time zone of a program without TZ is UTC, by a file as everywhere") {
    jail j;
    const auto outcome = j.run(program({"/usr/bin/readlink", "/etc/localtime"}));
    CHECK(facts_of(outcome).out == "/usr/share/zoneinfo/Etc/UTC\n");
}

TEST_CASE("limits of one run are not those of the next") {
    jail j;
    run_request small = python("open('f','wb').write(b'x' * (3 << 20))");
    small.limits.disk_bytes = 1 << 20;
    small.limits.memory_bytes = 64 << 20;
    const auto first = j.run(std::move(small));
    CHECK(facts_of(first).exit_code == 1);
    const auto second =
        j.run(python("a = b'x' * (100 << 20)\nopen('f','wb').write(b'x' * (30 << 20))"));
    CHECK(facts_of(second).exit_code == 0);
    CHECK_FALSE(facts_of(second).memory_exceeded);
}

TEST_CASE("a prepared sandbox that dies while it waits is replaced unseen") {
    jail j;
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
    // The answer comes before the next sandbox is prepared: wait until manager and init are both
    // there.
    pid_t prepared = 0;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (prepared == 0 && std::chrono::steady_clock::now() < until) {
        std::map<long, pid_t> by_depth;
        for (const std::string& process : processes_of(j.job_uid() - 1)) {
            const auto pid = static_cast<pid_t>(std::stol(process));
            const long depth = pid_namespace_depth(pid);
            if (depth > 0) by_depth[depth] = pid;
        }
        // One alone would be the manager.
        if (by_depth.size() == 2) prepared = by_depth.rbegin()->second;
    }
    REQUIRE(prepared > 0);
    ::kill(prepared, SIGKILL);
    while (processes_of(j.job_uid() - 1).size() > 1 && std::chrono::steady_clock::now() < until) {
    }
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
}

}  // namespace sluice::sandbox::test
