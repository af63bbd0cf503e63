// Fork servers: a program cannot tell that its process was forked and not started, nothing of the
// server can be reached from it, its limits and its account are its own, and a server that dies,
// hangs or lies is only a cold start.
#include "sluice/sandbox/fork.hpp"

#include "attack_in_python.hpp"
#include "attack_run.hpp"
#include "host_state.hpp"
#include "python_probes.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

#include <regex>

namespace sluice::sandbox::test {

namespace {

constexpr std::uint64_t fork_key = 11;

unique_fd library(const jail& j) {
    sandbox_config config = j.config();
    auto made = python_fork_library(config);
    if (!made) FAIL(describe(made.error()));
    return std::move(*made);
}

std::shared_ptr<fork_spec> python_forks(const jail& j) {
    auto spec = std::make_shared<fork_spec>();
    spec->key = fork_key;
    spec->what.argv = {"/usr/bin/python3", "main.py"};
    spec->what.env = language_env;
    spec->library = library(j);
    return spec;
}

run_request forked(std::string code) {
    run_request request = python_main(std::move(code));
    request.fork_key = fork_key;
    return request;
}

// The library of the server is the one thing that a process out of it has mapped beside its own.
const std::string is_forked = "'fork-python' in open('/proc/self/maps').read()";

std::string without_addresses(const std::string& text) {
    return std::regex_replace(text, std::regex("0x[0-9a-f]+"), "0x");
}

struct fork_jail : jail {
    fork_jail() : jail("", 10000, {}, true) { process().at(0).serve_forks(python_forks(*this)); }
    run_facts must_run(run_request request) {
        auto facts = run(std::move(request));
        if (!facts) FAIL(describe(facts.error()));
        return std::move(*facts);
    }
    std::string says(run_request request) {
        const run_facts facts = must_run(std::move(request));
        return facts.out + facts.err;
    }
};

}  // namespace

TEST_CASE_METHOD(fork_jail, "a program comes out of the fork server that its slot has", "[forks]") {
    for (int i = 0; i < 3; ++i)
        CHECK(says(forked("print(" + is_forked + ")")) == "True\n");
    CHECK(says(python_main("print(" + is_forked + ")")) == "False\n");
}

TEST_CASE_METHOD(
    fork_jail,
    "a program cannot tell a forked interpreter from a started one",
    "[forks][interpreter]"
) {
    std::vector<std::string> all = probes;
    all.insert(all.end(), process_id_probes.begin(), process_id_probes.end());
    for (const std::string& code : all) {
        INFO(code);
        for (const bool has_input : {false, true}) {
            auto a = forked(code);
            auto b = python_main(code);
            if (has_input) a.stdin_bytes = b.stdin_bytes = "first \xc3\xa9\r\nsecond\nthird";
            const run_facts ours = must_run(std::move(a));
            const run_facts cold = must_run(std::move(b));
            CHECK(ours.out == cold.out);
            CHECK(ours.err == cold.err);
            CHECK(ours.exit_code == cold.exit_code);
            CHECK(ours.signal == cold.signal);
        }
    }
}

TEST_CASE_METHOD(fork_jail, "a forked program ends as a started one does", "[forks][interpreter]") {
    const std::vector<std::string> programs{
        "class A:\n    def __del__(self): print('gone', f())\ndef f(): return os.getpid()\nimport "
        "os\n"
        "a = A()\n",
        "class A:\n    def __del__(self): print('gone')\na = A(); a.self = a\n",
        "class A:\n    def __del__(self): print('gone')\na = A()\nraise ValueError(len(vars(a)))\n",
        "class A:\n    def __del__(self): print('gone')\nimport sys\na = A()\nsys.exit('said')\n",
        "import sys\nsys.exit(2 ** 70)\n",
        "import sys\nsys.exit((1, 2))\n",
        "raise SystemExit\n",
        "class E(SystemExit): pass\nraise E(9)\n",
        "class K(KeyboardInterrupt): pass\nraise K\n",
        "f = open('x', 'w'); f.write('kept')\nimport atexit\n"
        "atexit.register(lambda: print(open('x').read(), 'at exit'))\n",
        "import atexit\n@atexit.register\ndef f(): raise ValueError('at exit')\n",
        "import atexit; atexit.register(print, 1); atexit._run_exitfuncs(); print(2)\n",
        "import threading, time\ndef f():\n    time.sleep(0.05); print('thread')\n"
        "threading.Thread(target=f).start(); print('main')\n",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), "
        "daemon=True).start()\n",
        "import os\nif os.fork() == 0:\n    print('child', flush=True)\nelse:\n    os.wait(); "
        "print('parent')\n",
        "import os\npid = os.fork()\nif pid == 0: raise SystemExit(7)\n"
        "print(pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n",
        "import sys; sys.stdout.close()\n",
        "import os; os.close(1); print('x')\n",
        "import sys; sys.stdout = open('/dev/full', 'w'); print('x')\n",
        "import sys; sys.stdout = None\n",
        "import sys; sys.excepthook = lambda *a: sys.exit(5)\nraise ValueError\n",
        "import os; os.abort()\n",
        "import logging; logging.warning('x'); logging.shutdown()\n",
        "import tempfile; t = tempfile.TemporaryDirectory(); print('x')\n",
        "import weakref, sys\nclass A: pass\na = A(); weakref.finalize(a, print, 'finalized')\n",
        "import gc; print(gc.isenabled(), gc.get_threshold(), gc.get_count()[2], gc.garbage)\n",
        "import signal, os; print(os.sched_getaffinity(0) == set(range(os.cpu_count())))\n",
        "import os, threading; print(os.getpid() == threading.get_native_id())\n",
        "import subprocess; print(subprocess.run(['/bin/echo', 'hi'], "
        "capture_output=True).stdout)\n",
        "import concurrent.futures as c\nwith c.ProcessPoolExecutor(2) as p: print(list(p.map(abs, "
        "[-1, 2])))\n",
        "import asyncio\nasync def f():\n    await asyncio.sleep(0); "
        "print('x')\nasyncio.run(f())\n",
        "from __future__ import annotations\ndef f(x: y): pass\nprint(f.__annotations__)\n",
        "# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))\n",
        "print('\xe9\xff')\n",
        "print(1)\n\x00\n",
        "",
        "import sys; print(sys.getrecursionlimit(), sys.getsizeof(globals()) > 0, sys.flags)\n",
        "import sys\ndef f(n):\n    try: return f(n + 1)\n    except RecursionError: return "
        "n\nprint(f(0))\n",
        "def f(n): return 0 if n == 0 else 1 + f(n - 1)\nimport sys, threading\n"
        "sys.setrecursionlimit(100000); threading.stack_size(48 << 20)\n"
        "t = threading.Thread(target=lambda: print(f(50000))); t.start(); t.join()\n",
        "import resource; print(resource.getrlimit(resource.RLIMIT_STACK), "
        "resource.getrlimit(resource.RLIMIT_CORE))\n",
    };
    for (const std::string& code : programs) {
        INFO(code);
        const run_facts ours = must_run(forked(code));
        const run_facts cold = must_run(python_main(code));
        CHECK(ours.out == cold.out);
        CHECK(without_addresses(ours.err) == without_addresses(cold.err));
        CHECK(ours.exit_code == cold.exit_code);
        CHECK(ours.signal == cold.signal);
    }
}

TEST_CASE_METHOD(
    fork_jail,
    "a forked program finds its own modules before the library's",
    "[forks]"
) {
    auto request = forked("import random; print(random.mine)");
    request.files.push_back(pack_of("random.py", "mine = 'mine'", false));
    CHECK(says(std::move(request)) == "mine\n");
    auto site = forked("import sys; print([p for p in sys.path if 'box' in p])");
    site.files.push_back(pack_of(".local/lib/python3.11/site-packages/x.py", "pass", false));
    CHECK(says(std::move(site)) == "['/box', '/box/.local/lib/python3.11/site-packages']\n");
    auto missing = forked("");
    missing.files.clear();
    CHECK(says(std::move(missing)).find("can't open file '/box/main.py'") != std::string::npos);
}

TEST_CASE_METHOD(
    fork_jail,
    "variables that are read at start make a forked run cold, others reach it",
    "[forks]"
) {
    auto request = forked("import sys; print(sys.flags.optimize)");
    request.what.env.push_back("PYTHONOPTIMIZE=2");
    CHECK(says(std::move(request)) == "2\n");
    auto own = forked(
        "import os; print(os.environ['MINE'], os.popen('echo $MINE').read(), " + is_forked + ")"
    );
    own.what.env.push_back("MINE=yes");
    CHECK(says(std::move(own)) == "yes yes\n True\n");
}

TEST_CASE_METHOD(
    fork_jail,
    "forked programs share hash and addresses, and no random numbers",
    "[forks]"
) {
    const char* code = "import random, uuid; print(random.random(), uuid.uuid4())";
    CHECK(says(forked(code)) != says(forked(code)));
    // What docs/security.md says that they share; a new server has others.
    const char* seed = "print(hash('x'))";
    CHECK(says(forked(seed)) == says(forked(seed)));
}

TEST_CASE_METHOD(fork_jail, "nothing of the fork server is in reach of its programs", "[forks]") {
    CHECK(
        says(forked("import os\n"
                    "print(sorted(os.listdir('/proc/self/fd')), sorted(p for p in "
                    "os.listdir('/proc') if p.isdigit()))\n"
                    "print([l.split() for l in open('/proc/self/status') if l.startswith(('Cap', "
                    "'NoNewPrivs', 'Seccomp:', "
                    "'Seccomp_filters', 'Groups', 'Uid'))])\n")) ==
        says(python_main("import os\n"
                         "print(sorted(os.listdir('/proc/self/fd')), sorted(p for p in "
                         "os.listdir('/proc') if p.isdigit()))\n"
                         "print([l.split() for l in open('/proc/self/status') if "
                         "l.startswith(('Cap', 'NoNewPrivs', 'Seccomp:', "
                         "'Seccomp_filters', 'Groups', 'Uid'))])\n"))
    );
    // setns, unshare, mount, clone3, ptrace of init, and the namespaces that it is in.
    CHECK(
        says(forked("import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                    "own = os.open('/proc/self/ns/mnt', os.O_RDONLY)\n"
                    "for n, a in ((308, (own, 0x20000)), (272, (0x20000000,)), (165, (0, 0, 0, 0, "
                    "0)), (435, (0, 0)), "
                    "(101, (16, 1, 0, 0)), (126, (0, 0))):\n"
                    "    print(libc.syscall(n, *a), end=' ')\n")) == "-1 -1 -1 -1 -1 -1 "
    );
    const std::string code =
        "import os\nfor n in ('pid', 'mnt', 'ipc'): print(os.readlink('/proc/self/ns/' + n))";
    CHECK(says(forked(code)) != says(forked(code)));
}

TEST_CASE_METHOD(fork_jail, "limits hold in a forked program", "[forks]") {
    SECTION("memory") {
        auto r = forked("x = bytearray(400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\n");
        r.limits.memory_bytes = 64 << 20;
        const run_facts facts = must_run(std::move(r));
        CHECK(facts.memory_exceeded);
        CHECK(facts.memory_peak_bytes == 64 << 20);
    }
    SECTION("processor time") {
        auto r = forked("while True: pass");
        r.limits.cpu_time = std::chrono::milliseconds(200);
        CHECK(must_run(std::move(r)).cpu_time_exceeded);
    }
    SECTION("wall time") {
        auto r = forked("import time; time.sleep(60)");
        r.limits.wall_time = std::chrono::milliseconds(300);
        CHECK(must_run(std::move(r)).wall_time_exceeded);
    }
    SECTION("processes, exactly") {
        for (const std::int64_t most : {1, 2, 3, 8}) {
            // In a slot in demand there is room for the next init.
            fork_jail fresh;
            auto r = forked(
                "import os\nn = 1\ntry:\n    while True:\n        if os.fork() == 0:\n"
                "            import time; time.sleep(9)\n        n += 1\n"
                "except OSError: print(n)\n"
            );
            r.limits.processes = most;
            const run_facts facts = fresh.must_run(std::move(r));
            CHECK(facts.processes_exceeded);
            CHECK(facts.out == std::to_string(most) + "\n");
        }
        auto quiet = forked("print(1)");
        quiet.limits.processes = 1;
        CHECK_FALSE(must_run(std::move(quiet)).processes_exceeded);
    }
    SECTION("file size") {
        auto r = forked(
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
            "f = open('x', 'wb'); f.write(b'x' * (2 << 20)); f.flush()"
        );
        r.limits.file_bytes = 1 << 20;
        CHECK(must_run(std::move(r)).file_size_exceeded);
    }
    SECTION("open files") {
        auto r = forked(
            "f = []\ntry:\n    while True: f.append(open('/dev/null'))\n"
            "except OSError: print(len(f))\n"
        );
        r.limits.open_files = 20;
        CHECK(must_run(std::move(r)).out == "17\n");
    }
    SECTION("another stack limit is a cold start") {
        auto r = forked(
            "import resource; print(resource.getrlimit(resource.RLIMIT_STACK), " + is_forked + ")"
        );
        r.limits.stack_bytes = 16 << 20;
        CHECK(must_run(std::move(r)).out == "(16777216, 16777216) False\n");
    }
    SECTION("output") {
        auto r = forked("while True: print('x' * 1000)");
        CHECK(must_run(std::move(r)).output_exceeded);
    }
    SECTION("kill") {
        auto r = forked("import os, signal; os.kill(os.getpid(), signal.SIGKILL)");
        CHECK(must_run(std::move(r)).signal == SIGKILL);
    }
}

TEST_CASE_METHOD(
    fork_jail,
    "what a forked program uses is on its account, and nothing else is",
    "[forks]"
) {
    const run_facts idle = must_run(forked("print(1)"));
    CHECK(idle.cpu_us > 0);
    CHECK(idle.cpu_us < 100'000 * time_scale());
    const run_facts busy = must_run(
        forked("import os, time\nif os.fork() == 0:\n    until = time.process_time() + 0.3\n"
               "    while time.process_time() < until: pass\n    os._exit(0)\nos.wait()\n")
    );
    CHECK(busy.cpu_us > 290'000);
    CHECK(busy.cpu_us < 290'000 + 200'000 * time_scale());
    CHECK(busy.wall_us > 290'000);
    const run_facts large =
        must_run(forked("x = bytearray(50 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\n"));
    CHECK(large.memory_peak_bytes > 50 << 20);
    CHECK(large.memory_peak_bytes < 80 << 20);
}

TEST_CASE_METHOD(
    fork_jail,
    "what a forked program leaves is not there for the next one",
    "[forks]"
) {
    (void)must_run(
        forked("import os\nopen('x', 'w'); open('/tmp/y', 'w')\nimport math; math.pi = 3\n"
               "os.fork() or os.setsid() or __import__('time').sleep(99)\n")
    );
    CHECK(
        says(forked("import os, math; print(os.listdir('.'), os.listdir('/tmp'), math.pi > 3)")) ==
        "['main.py'] [] True\n"
    );
}

TEST_CASE("a fork server is replaced after so many runs", "[forks]") {
    jail j("", 10000, {}, true);
    auto spec = python_forks(j);
    spec->runs = 2;
    j.process().at(0).serve_forks(spec);
    std::vector<std::string> seeds;
    for (int i = 0; i < 6; ++i) {
        auto facts = j.run(forked("print(hash('x'), " + is_forked + ")"));
        REQUIRE(facts.has_value());
        CHECK(facts->out.ends_with("True\n"));
        seeds.push_back(facts->out);
    }
    CHECK(seeds[0] == seeds[1]);
    CHECK(seeds[1] != seeds[2]);
    CHECK(seeds[2] == seeds[3]);
    CHECK(seeds[3] != seeds[4]);
    // And gone when it is not wanted.
    j.process().at(0).serve_forks(nullptr);
    auto facts = j.run(forked("print(" + is_forked + ")"));
    REQUIRE(facts.has_value());
    CHECK(facts->out == "False\n");
}

TEST_CASE("a slot that was not opened for fork servers has none", "[forks]") {
    jail j;
    j.process().at(0).serve_forks(python_forks(j));
    auto facts = j.run(forked("print(" + is_forked + ")"));
    REQUIRE(facts.has_value());
    CHECK(facts->out == "False\n");
}

TEST_CASE("a fork server that dies, hangs or lies is a cold start", "[forks]") {
    jail j("", 10000, {}, true);
    auto spec = python_forks(j);
    // Programs that stand where the interpreter should; orders come over descriptor 3.
    const std::string server = GENERATE(
        "raise SystemExit",
        "import os; os.kill(os.getpid(), 9)",
        "import _socket, os; _socket.socket(fileno=3).send(b'garbage')",
        "import _socket, os; s = _socket.socket(fileno=3); s.send(b'r'); s.recv(1 << 18)",
        "import _socket, os; s = _socket.socket(fileno=3); s.send(b'r'); m, f, _, _ = s.recvmsg(1 "
        "<< 18, 1000)\n"
        "fds = f[0][2]; os.write(int.from_bytes(fds[4:8], 'little'), b'garbage')\n",
        "import _socket, os; s = _socket.socket(fileno=3); s.send(b'r'); m, f, _, _ = s.recvmsg(1 "
        "<< 18, 1000)\n"
        "import time; time.sleep(99)"
    );
    INFO(server);
    spec->what.argv = {"/usr/bin/python3", "-c", server};
    spec->what.env.push_back("SLUICE_FORK_SERVER_IS=other");
    auto empty = python_forks(j);
    spec->library = std::move(empty->library);
    j.process().at(0).serve_forks(spec);
    for (int i = 0; i < 3; ++i) {
        auto facts = j.run(forked("import os; print(os.listdir('.'), os.getpid())"));
        REQUIRE(facts.has_value());
        CHECK(facts->exit_code == 0);
        CHECK(facts->out == "['main.py'] 2\n");
        CHECK(facts->err.empty());
    }
}

// The table of attacks once more, each begun by a program out of the server.
TEST_CASE_METHOD(
    fork_jail,
    "out of a forked program every attack ends as out of a started one",
    "[forks]"
) {
    auto spec = python_forks(*this);
    spec->what.env = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
    process().at(0).serve_forks(spec);
    (void)must_run(program({"/usr/bin/true"}));
    const host_watch host(*this);
    for (const attack& a : all_attacks()) {
        if (!can_begin_in_python(a)) continue;
        INFO(a.name);
        const outcome o = run_attack(*this, a, "", [](run_request& request) {
            begin_in_python(request, is_forked, {"LANG=C.UTF-8"});
            request.fork_key = fork_key;
        });
        CHECK(difference(o, a.value("expect"), outcome()) == "");
        // Its sandbox is gone by then.
        auto next = forked(
            "import os\nprint(*(os.listdir(p) for p in ('/box', '/tmp', '/dev/shm')), "
            "sorted(p for p in os.listdir('/proc') if p.isdigit()))\n"
        );
        next.what.env = spec->what.env;
        CHECK(says(std::move(next)) == "['main.py'] [] [] ['1', '2']\n");
        CHECK(host.left_behind() == "");
    }
}

}  // namespace sluice::sandbox::test
