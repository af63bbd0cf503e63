// Warm runtimes: a program cannot tell that its interpreter was waiting for it, its limits hold
// from the hand-over on, and a runtime that dies, lies or differs is only a cold start.
#include "python_probes.hpp"

#include <catch2/catch.hpp>

namespace sluice::sandbox::test {

namespace {

constexpr std::uint64_t python_key = 7;
constexpr const char* agent_path = ".local/lib/python3.11/site-packages/usercustomize.py";
std::shared_ptr<const warm_spec> runtime(std::vector<std::string> argv, std::string agent) {
    warm_spec spec;
    spec.key = python_key;
    spec.quiet_time = {};
    spec.what.argv = std::move(argv);
    spec.what.env = language_env;
    spec.limits.cpu_time = std::chrono::hours(1);
    spec.limits.file_bytes = 1LL << 30;
    spec.limits.open_files = 4096;
    spec.limits.processes = 1024;
    spec.limits.memory_bytes = 32 << 20;
    if (!agent.empty()) spec.files = {pack_of(agent_path, agent, false)};
    return std::make_shared<const warm_spec>(std::move(spec));
}

warm_spec python_spec() {
    return *runtime({"/usr/bin/python3", "main.py"}, read_file(SLUICE_PYTHON_AGENT));
}

std::shared_ptr<const warm_spec> python_runtime() {
    return std::make_shared<const warm_spec>(python_spec());
}

run_request script(std::string code, bool is_warm) {
    run_request request = python_main(std::move(code));
    request.warm_key = is_warm ? python_key : 0;
    return request;
}

struct warm_jail : jail {
    warm_jail() { process().at(0).keep_warm(python_runtime()); }
    run_facts must_run(run_request request) {
        auto facts = run(std::move(request));
        if (!facts) FAIL(describe(facts.error()));
        return std::move(*facts);
    }
};

}  // namespace

TEST_CASE_METHOD(
    warm_jail,
    "a program cannot tell a warm interpreter from a cold one",
    "[interpreter]"
) {
    std::vector<std::string> all = probes;
    // In a container the OCI runtime's own threads take process ids before our init is born, in
    // some runs more of them than in others: there the numbers differ from cold run to cold run as
    // well.
    if (config().backend == "native") {
        all.insert(all.end(), process_id_probes.begin(), process_id_probes.end());
    }
    for (const std::string& code : all) {
        INFO(code);
        for (const bool has_input : {false, true}) {
            auto warm = script(code, true);
            auto cold = script(code, false);
            if (has_input) warm.stdin_bytes = cold.stdin_bytes = "first \xc3\xa9\r\nsecond\nthird";
            // A cold run in a sandbox without a waiting runtime, so that even process ids agree.
            const run_facts a = must_run(std::move(warm));
            jail plain;
            auto b = plain.run(std::move(cold));
            REQUIRE(b.has_value());
            CHECK(a.out == b->out);
            CHECK(a.err == b->err);
            CHECK(a.exit_code == b->exit_code);
            CHECK(a.signal == b->signal);
        }
    }
}

TEST_CASE_METHOD(warm_jail, "a warm interpreter was running before its program came") {
    // No sleeping: two runs in a row suffice, since a run waits for a runtime that is starting.
    const run_facts facts = must_run(
        script("import os\nwith open('/proc/self/cmdline', 'rb') as f: print(f.read())\n", true)
    );
    // The arguments were not known when the process was started.
    CHECK(facts.out == "b'/usr/bin/python3\\x00main.py\\x00'\n");
}

TEST_CASE("a slot that is asked again within the quiet time starts no runtime") {
    jail j;
    warm_spec spec = python_spec();
    spec.quiet_time = std::chrono::minutes(1);
    j.process().at(0).keep_warm(std::make_shared<const warm_spec>(std::move(spec)));
    for (int i = 0; i < 2; ++i) {
        const auto facts =
            j.run(script("with open('/proc/self/cmdline', 'rb') as f: print(len(f.read()))\n", true)
            );
        REQUIRE(facts.has_value());
        // All arguments were known when the process was started.
        CHECK(facts->out == "39\n");
    }
}

TEST_CASE_METHOD(warm_jail, "no two programs share random state, hashes or addresses") {
    const char* code =
        "import random; print(random.random()); print(hash('x')); print(id(object()))";
    std::string before;
    for (int i = 0; i < 3; ++i) {
        const run_facts facts = must_run(script(code, true));
        CHECK(facts.out != before);
        before = facts.out;
    }
    CHECK(
        must_run(script("import os; print(len(set(os.urandom(64))) > 20)", true)).out == "True\n"
    );
}

TEST_CASE_METHOD(warm_jail, "what a program leaves is not there for the next one") {
    (void)must_run(script(
        "import os, sys\nopen('x', 'w'); open('/tmp/y', 'w'); os.makedirs('.local/z')\n"
        "import math; math.pi = 3\nos.fork() or os.setsid() or __import__('time').sleep(99)\n",
        true
    ));
    const auto facts = must_run(
        script("import os, math; print(os.listdir('.'), os.listdir('/tmp'), math.pi > 3)", true)
    );
    CHECK(facts.out == "['main.py'] [] True\n");
}

TEST_CASE_METHOD(warm_jail, "a warm program's children are on its account") {
    const auto facts = must_run(script(
        "import os, time\nif os.fork() == 0:\n    until = time.process_time() + 0.3\n"
        "    while time.process_time() < until: pass\n    os._exit(0)\nos.wait()\n",
        true
    ));
    CHECK(facts.cpu_us > 290'000);
    CHECK(facts.wall_us > 290'000);
}

TEST_CASE_METHOD(warm_jail, "a variable that is read at start makes the run cold") {
    auto request = script("import sys; print(sys.flags.optimize, 'x' * 3)", true);
    request.what.env.push_back("PYTHONOPTIMIZE=2");
    CHECK(must_run(std::move(request)).out == "2 xxx\n");
    auto zone = script("import time; print(time.tzname[0])", true);
    zone.what.env.push_back("TZ=ABC-3");
    CHECK(must_run(std::move(zone)).out == "ABC\n");
}

TEST_CASE_METHOD(warm_jail, "a variable that only the program reads reaches it") {
    auto request =
        script("import os; print(os.environ['MINE'], os.popen('echo $MINE').read())", true);
    request.what.env.push_back("MINE=yes");
    CHECK(must_run(std::move(request)).out == "yes yes\n\n");
}

TEST_CASE_METHOD(warm_jail, "another program, main file or stack limit runs cold") {
    auto other = program({"/bin/echo", "hi"});
    CHECK(must_run(std::move(other)).out == "hi\n");
    auto wrong_key = script("print(1)", true);
    wrong_key.warm_key = 99;
    CHECK(must_run(std::move(wrong_key)).out == "1\n");
    auto file = script("print(__file__)", true);
    file.what.argv[1] = "other.py";
    file.files = {pack_of("other.py", "print(__file__)", false)};
    CHECK(must_run(std::move(file)).out == "/box/other.py\n");
    auto stack = script("import resource; print(resource.getrlimit(resource.RLIMIT_STACK))", true);
    stack.limits.stack_bytes = 16 << 20;
    CHECK(must_run(std::move(stack)).out == "(16777216, 16777216)\n");
}

TEST_CASE_METHOD(warm_jail, "limits hold after the hand-over") {
    SECTION("memory") {
        auto r =
            script("x = bytearray(400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\n", true);
        r.limits.memory_bytes = 64 << 20;
        CHECK(must_run(std::move(r)).memory_exceeded);
    }
    SECTION("processor time") {
        auto r = script("while True: pass", true);
        r.limits.cpu_time = std::chrono::milliseconds(200);
        CHECK(must_run(std::move(r)).cpu_time_exceeded);
    }
    SECTION("wall time") {
        auto r = script("import time; time.sleep(60)", true);
        r.limits.wall_time = std::chrono::milliseconds(300);
        CHECK(must_run(std::move(r)).wall_time_exceeded);
    }
    SECTION("processes") {
        auto r = script(
            "import os\nfor i in range(64):\n    if os.fork() == 0:\n"
            "        import time; time.sleep(9)\n",
            true
        );
        r.limits.processes = 8;
        CHECK(must_run(std::move(r)).processes_exceeded);
    }
    SECTION("file size") {
        auto r = script(
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
            "f = open('x', 'wb'); f.write(b'x' * (2 << 20)); f.flush()",
            true
        );
        r.limits.file_bytes = 1 << 20;
        CHECK(must_run(std::move(r)).file_size_exceeded);
    }
    SECTION("open files") {
        auto r = script(
            "f = []\ntry:\n    while True: f.append(open('/dev/null'))\n"
            "except OSError: print(len(f))\n",
            true
        );
        r.limits.open_files = 20;
        CHECK(must_run(std::move(r)).out == "17\n");
    }
    SECTION("disk") {
        auto r = script(
            "try:\n    open('x', 'wb').write(b'x' * (8 << 20))\n"
            "except OSError as e: print(e.errno)\n",
            true
        );
        r.limits.disk_bytes = 4 << 20;
        CHECK(must_run(std::move(r)).out == "28\n");
    }
}

TEST_CASE("a runtime that dies while it waits is a cold start") {
    jail j;
    const std::string agent = GENERATE(
        "import os; os._exit(1)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import _socket, os; _socket.socket(fileno=3).send(b'garbage')\nos._exit(0)"
    );
    INFO(agent);
    j.process().at(0).keep_warm(runtime({"/usr/bin/python3", "main.py"}, agent));
    for (int i = 0; i < 2; ++i) {
        auto facts = j.run(script("import os; print(os.listdir('.'))", true));
        REQUIRE(facts.has_value());
        CHECK(facts->out == "['main.py']\n");
        CHECK(facts->err.empty());
    }
}

TEST_CASE("what a runtime leaves behind before it lies is gone when the run starts cold") {
    jail j;
    const char* agent =
        "import os, _socket\nos.makedirs('/box/a/b'); open('/box/a/b/c', 'w').write('x')\n"
        "os.symlink('/etc', '/box/l'); print('noise')\n"
        "if os.fork() == 0:\n    import time; time.sleep(99)\n"
        "_socket.socket(fileno=3).send(b'no'); import time; time.sleep(99)\n";
    j.process().at(0).keep_warm(runtime({"/usr/bin/python3", "main.py"}, agent));
    auto facts = j.run(script("import os; print(os.listdir('.'))", true));
    REQUIRE(facts.has_value());
    CHECK(facts->out == "['main.py']\n");
}

TEST_CASE("a runtime that dies between its word and its run is a cold start") {
    jail j;
    const std::string agent = GENERATE(
        "import _socket, os; _socket.socket(fileno=3).send(b'r'); os._exit(0)",
        "import _socket, os; s = _socket.socket(fileno=3); s.send(b'r'); s.recv(1 << 18); "
        "os._exit(3)",
        "import _socket, os; s = _socket.socket(fileno=3); s.send(b'r'); s.recv(1); s.send(b'x'); "
        "print('noise')"
    );
    INFO(agent);
    j.process().at(0).keep_warm(runtime({"/usr/bin/python3", "main.py"}, agent));
    for (int i = 0; i < 3; ++i) {
        auto facts = j.run(script("print(1)", true));
        REQUIRE(facts.has_value());
        CHECK(facts->exit_code == 0);
        CHECK(facts->out == "1\n");
        CHECK(facts->err.empty());
    }
    auto other = j.run(script("print(2)", false));
    REQUIRE(other.has_value());
    CHECK(other->out == "2\n");
}

TEST_CASE("a runtime that takes a run without taking its limits is our failure, never a verdict") {
    jail j;
    const char* agent =
        "import _socket; s = _socket.socket(fileno=3); s.send(b'r'); "
        "s.recv(1 << 18); s.send(b't'); import time; time.sleep(99)";
    j.process().at(0).keep_warm(runtime({"/usr/bin/python3", "main.py"}, agent));
    (void)j.run(script("print(1)", false));
    auto facts = j.run(script("print(1)", true));
    REQUIRE_FALSE(facts.has_value());
    CHECK(describe(facts.error()).find("rlimits") != std::string::npos);
}

TEST_CASE("a runtime that cannot be started costs no run") {
    jail j;
    j.process().at(0).keep_warm(runtime({"/no/such/runtime"}, ""));
    auto facts = j.run(script("print(5)", true));
    REQUIRE(facts.has_value());
    CHECK(facts->out == "5\n");
}

TEST_CASE_METHOD(warm_jail, "a runtime's start is not on the account of its program") {
    // Half a second of work before it waits.
    const char* work =
        "import time\nuntil = time.process_time() + 0.5\n"
        "while time.process_time() < until: pass\n";
    auto agent = work + read_file(SLUICE_PYTHON_AGENT);
    process().at(0).keep_warm(runtime({"/usr/bin/python3", "main.py"}, agent));
    const run_facts facts = must_run(script("print(1)", true));
    CHECK(facts.out == "1\n");
    CHECK(facts.cpu_us < 400'000);
    CHECK(facts.memory_peak_bytes > 4 << 20);
}

}  // namespace sluice::sandbox::test
