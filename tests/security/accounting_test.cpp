// What is counted and when a limit strikes. Bounds, not values: what a machine adds on top is its
// own; that nothing is missing, and which verdict each limit brings, is ours.
#include "host_state.hpp"
#include "jail_fixture.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

#include <algorithm>
#include <chrono>

namespace sluice::sandbox::test {

namespace {

run_facts must_run(jail& j, run_request request) {
    auto outcome = j.run(std::move(request));
    if (outcome.has_error()) FAIL(describe(outcome.error()));
    return std::move(*outcome);
}

// Burns processor time by its own clock, so that a busy machine changes nothing.
const std::string burn =
    "import os, time\n"
    "def burn(s):\n"
    "    end = time.process_time() + s\n"
    "    while time.process_time() < end: pass\n";

}  // namespace

TEST_CASE("processor time is the whole tree's, whoever is waited for") {
    jail j;
    run_request r = python(
        burn +
        "burn(0.1)\n"
        "if (pid := os.fork()) == 0: burn(0.1); os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
        "ended, alive = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    if os.fork() == 0: burn(0.1); os._exit(0)\n"
        "    os._exit(0)\n"
        "os.close(alive); os.read(ended, 1); os._exit(0)"
    );
    r.limits.cpu_time = std::chrono::seconds(20);
    r.limits.wall_time = std::chrono::seconds(40);
    const run_facts f = must_run(j, r);
    CHECK(f.exit_code == 0);
    CHECK(f.cpu_us >= 300'000);
    // Three interpreters' worth of forking beside it, at the very most.
    CHECK(f.cpu_us < 300'000 + 400'000 * time_scale());
}

TEST_CASE("a program that forks and exits at once gains no time and leaves no one") {
    jail j;
    const run_facts f = must_run(
        j,
        python("import os, time\nif os.fork() == 0:\n    os.setsid()\n    while True: pass\n"
               "os._exit(3)")
    );
    CHECK(f.exit_code == 3);
    CHECK_FALSE(f.cpu_time_exceeded);
    const run_facts next = must_run(j, program({"/usr/bin/true"}));
    CHECK(next.cpu_us < 100'000 * time_scale());
}

TEST_CASE("a processor limit strikes within ten milliseconds per processor") {
    jail j;
    for (const int limit_ms : {50, 100, 250}) {
        run_request r = python("while True: pass");
        r.limits.cpu_time = std::chrono::milliseconds(limit_ms);
        r.limits.wall_time = std::chrono::seconds(30);
        // The best of a few: a machine that does other things wakes us late at times.
        std::int64_t best = 1'000'000'000;
        for (int i = 0; i < 5; ++i) {
            const run_facts f = must_run(j, r);
            CHECK(f.cpu_time_exceeded);
            CHECK(f.signal == SIGKILL);
            CHECK(f.cpu_us >= limit_ms * 1000);
            best = std::min(best, f.cpu_us);
        }
        CHECK(best < limit_ms * 1000 + 10'000 * time_scale());
    }
}

TEST_CASE("a wall limit strikes within ten milliseconds, and never early") {
    jail j;
    run_request r = program({"/usr/bin/sleep", "30"});
    r.limits.wall_time = std::chrono::milliseconds(120);
    std::int64_t best = 1'000'000'000;
    for (int i = 0; i < 5; ++i) {
        const run_facts f = must_run(j, r);
        CHECK(f.wall_time_exceeded);
        CHECK_FALSE(f.cpu_time_exceeded);
        CHECK(f.wall_us >= 120'000);
        best = std::min(best, f.wall_us);
    }
    CHECK(best < 130'000 + 10'000 * (time_scale() - 1));
}

TEST_CASE("peak memory is the whole tree's, of children that are gone as well") {
    jail j;
    const run_facts small = must_run(j, python("pass"));
    const run_facts tree = must_run(
        j,
        python("import os\n"
               "for i in range(3):\n"
               "    if (pid := os.fork()) == 0:\n"
               "        a = bytearray(b'x') * (60 << 20); os._exit(0)\n"
               "    os.waitpid(pid, 0)")
    );
    CHECK(tree.memory_peak_bytes >= 60 << 20);
    CHECK(tree.memory_peak_bytes < 150 << 20);
    CHECK(small.memory_peak_bytes < 60 << 20);
    const run_facts together = must_run(
        j,
        python("import os\n"
               "ends = os.pipe()\n"
               "for i in range(3):\n"
               "    if os.fork() == 0:\n"
               "        a = bytearray(b'x') * (40 << 20); os.write(ends[1], b'x')\n"
               "        while True: os.read(0, 1) or __import__('time').sleep(30)\n"
               "got = 0\n"
               "while got < 3: got += len(os.read(ends[0], 3))")
    );
    CHECK(together.exit_code == 0);
    CHECK(together.memory_peak_bytes >= 120 << 20);
}

TEST_CASE("the peak of one run is not the next one's") {
    jail j;
    must_run(j, python("a = b'x' * (150 << 20)"));
    CHECK(must_run(j, program({"/usr/bin/true"})).memory_peak_bytes < 20 << 20);
}

// Counters are noted while nobody waits: what the next sandbox took until then is nobody's.
TEST_CASE("a run after a pause is counted like one that follows another") {
    jail j;
    for (int i = 0; i < 3; ++i) {
        (void)must_run(j, python(burn + "burn(0.1)\nx = bytearray(b'x') * (60 << 20)"));
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        while (!has_waiting_job(j.job_uid()) && std::chrono::steady_clock::now() < until) {
        }
        const run_facts f = must_run(j, python(burn + "burn(0.1)"));
        CHECK(f.exit_code == 0);
        CHECK(f.cpu_us >= 100'000);
        CHECK(f.cpu_us < 100'000 + 150'000 * time_scale());
        CHECK(f.memory_peak_bytes > 2 << 20);
        CHECK(f.memory_peak_bytes < 40 << 20);
    }
}

// Beside a run that follows another there are the next run's sandbox and what the last one left.
TEST_CASE("in a slot in demand a program has exactly the processes that its limit says") {
    jail j;
    for (int i = 0; i < 12; ++i) {
        run_request r = python(
            "import os, time\n"
            "count = 1\n"
            "try:\n"
            "    while count < 100:\n"
            "        if os.fork() == 0: time.sleep(60)\n"
            "        count += 1\n"
            "except BlockingIOError: pass\n"
            "print(count)"
        );
        r.limits.processes = 4 + i % 3;
        const std::string expected = std::to_string(r.limits.processes) + "\n";
        const run_facts f = must_run(j, std::move(r));
        CHECK(f.out == expected);
        CHECK(f.processes_exceeded);
    }
}

TEST_CASE("each limit has its own verdict and no other") {
    jail j;
    const auto hit = [&](run_request r) {
        const run_facts f = must_run(j, std::move(r));
        std::string text;
        if (f.wall_time_exceeded) text += "wall ";
        if (f.cpu_time_exceeded) text += "cpu ";
        if (f.memory_exceeded) text += "memory ";
        if (f.processes_exceeded) text += "processes ";
        if (f.output_exceeded) text += "output ";
        if (f.file_size_exceeded) text += "file_size ";
        return text;
    };
    run_request wall = program({"/usr/bin/sleep", "30"});
    wall.limits.wall_time = std::chrono::milliseconds(100);
    CHECK(hit(wall) == "wall ");
    run_request cpu = python("while True: pass");
    cpu.limits.cpu_time = std::chrono::milliseconds(100);
    cpu.limits.wall_time = std::chrono::seconds(30);
    CHECK(hit(cpu) == "cpu ");
    run_request memory = python("a = b'x' * (100 << 20)");
    memory.limits.memory_bytes = 64 << 20;
    CHECK(hit(memory) == "memory ");
    run_request processes = program({"/bin/sh", "-c", "/usr/bin/true & /usr/bin/true & wait"});
    processes.limits.processes = 1;
    CHECK(hit(processes) == "processes ");
    run_request output = python("print('x' * 100000)");
    output.limits.output_bytes = 1000;
    CHECK(hit(output) == "output ");
    run_request file = program({"/bin/dd", "if=/dev/zero", "of=big", "bs=64k", "count=64"});
    file.limits.file_bytes = 1 << 20;
    CHECK(hit(file) == "file_size ");
    CHECK(hit(program({"/usr/bin/true"})).empty());
}

}  // namespace sluice::sandbox::test
