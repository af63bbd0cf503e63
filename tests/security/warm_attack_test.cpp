// What a hostile program gains from a runtime that waited for it: nothing. And what a runtime that
// was tampered with does to its sandbox: it costs time, with a bound, and never a verdict or the
// slot.
#include "attack_in_python.hpp"
#include "attack_run.hpp"
#include "host_state.hpp"
#include "python_probes.hpp"

#include "sluice/sandbox/take.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace sluice::sandbox::test {

namespace {

constexpr std::uint64_t warm_key = 23;
constexpr const char* agent_path = ".local/lib/python3.11/site-packages/usercustomize.py";
// Longer than any wait for a runtime (warm.cpp: 10 s for its start, 3 s for the hand-over).
constexpr auto all_waits = std::chrono::seconds(15);

warm_spec runtime(std::vector<std::string> argv, std::vector<std::string> env) {
    warm_spec spec;
    spec.key = warm_key;
    spec.quiet_time = {};
    spec.what.argv = std::move(argv);
    spec.what.env = std::move(env);
    spec.limits.cpu_time = std::chrono::hours(1);
    spec.limits.file_bytes = 1LL << 30;
    spec.limits.open_files = 4096;
    spec.limits.processes = 1024;
    spec.limits.memory_bytes = 12 << 20;
    return spec;
}

void keep(jail& j, warm_spec spec) {
    j.process().at(0).keep_warm(std::make_shared<const warm_spec>(std::move(spec)));
}

void keep_python(jail& j, const std::string& agent, std::vector<std::string> env = language_env) {
    warm_spec spec = runtime({"/usr/bin/python3", "main.py"}, std::move(env));
    spec.files = {pack_of(agent_path, agent, false)};
    keep(j, std::move(spec));
}

run_request script(std::string code) {
    run_request request = python_main(std::move(code));
    request.warm_key = warm_key;
    return request;
}

run_facts must_run(jail& j, run_request request) {
    auto facts = j.run(std::move(request));
    if (!facts) FAIL(describe(facts.error()));
    return std::move(*facts);
}

// The arguments were not known when the process was started.
const std::string is_warm = "open('/proc/self/cmdline').read().count('\\0') == 2";

// What the slot serves after a runtime that did not work: another program, and, once the runtime is
// a good one, a warm one.
void check_slot_is_back(jail& j) {
    CHECK(must_run(j, program({"/bin/echo", "other"})).out == "other\n");
    keep_python(j, read_file(SLUICE_PYTHON_AGENT));
    (void)must_run(j, program({"/usr/bin/true"}));
    CHECK(must_run(j, script("print(" + is_warm + ")")).out == "True\n");
}

}  // namespace

// The table of attacks once more, each begun by a program that a waiting interpreter took.
TEST_CASE("out of a warm program every attack ends as out of a started one") {
    jail j;
    const std::vector<std::string> started_with{"LANG=C.UTF-8", "HOME=/box"};
    std::vector<std::string> env{"PATH=/usr/bin:/bin"};
    env.insert(env.end(), started_with.begin(), started_with.end());
    const host_watch host(j);
    keep_python(j, read_file(SLUICE_PYTHON_AGENT), env);
    (void)must_run(j, program({"/usr/bin/true"}));
    for (const attack& a : all_attacks()) {
        if (!can_begin_in_python(a)) continue;
        INFO(a.name);
        const outcome o = run_attack(j, a, "", [&](run_request& request) {
            begin_in_python(request, is_warm, started_with);
            request.warm_key = warm_key;
        });
        CHECK(difference(o, a.value("expect"), outcome()) == "");
        auto next = script(
            "import os\nprint(*(os.listdir(p) for p in ('/box', '/tmp', '/dev/shm')), "
            "sorted(p for p in os.listdir('/proc') if p.isdigit()))\n"
        );
        next.what.env = env;
        CHECK(must_run(j, std::move(next)).out == "['main.py'] [] [] ['1', '2']\n");
    }
    // With the last waiting runtime gone, which is a process of the program's uid too.
    j.process().at(0).keep_warm(nullptr);
    (void)must_run(j, program({"/usr/bin/true"}));
    CHECK(host.left_behind() == "");
}

TEST_CASE("nothing of the way a program came to its warm runtime is left to it") {
    jail j;
    keep_python(j, read_file(SLUICE_PYTHON_AGENT));
    (void)must_run(j, program({"/usr/bin/true"}));
    for (int i = 0; i < 2; ++i) {
        const run_facts facts = must_run(
            j,
            script(
                "import gc, os, sys\nassert " + is_warm +
                "\n"
                // The socket to init, by number, by object, by anybody's descriptors.
                "for fd in range(3, 4096):\n"
                "    try: os.fstat(fd); print('open', fd)\n"
                "    except OSError: pass\n"
                "print([type(o).__name__ for o in gc.get_objects() if 'ocket' in "
                "type(o).__name__])\n"
                "for path in ('/proc/1/fd', '/proc/1/fd/3', '/proc/1/environ', '/proc/1/mem', "
                "'/proc/1/cwd/main.py'):\n"
                "    try: print(path, os.listdir(path) if path[-1] == 'd' else open(path).read())\n"
                "    except OSError as e: print(path, e.errno)\n"
                // The door, and the agent's files.
                "for path in ('/box/.job', '/box/.warm', '/box/.local', '/box/.job-cold'):\n"
                "    print(os.path.lexists(path), end=' ')\n"
                "print(os.listdir('/box'), os.listdir('/tmp'), os.listdir('/dev/shm'))\n"
                // What it may leave to the next: a runtime's door and files of another maker.
                "os.makedirs('/box/.local/lib/python3.11/site-packages')\n"
                "open('/box/.local/lib/python3.11/site-packages/usercustomize.py', 'w')."
                "write('print(1)')\n"
                "os.mkfifo('/box/.job'); os.symlink('/etc/passwd', '/tmp/next')\n"
            )
        );
        CHECK(
            facts.out ==
            "[]\n/proc/1/fd 13\n/proc/1/fd/3 13\n/proc/1/environ 13\n"
            "/proc/1/mem 13\n/proc/1/cwd/main.py 13\n"
            "False False False False ['main.py'] [] []\n"
        );
        CHECK(facts.err.empty());
    }
}

// By the library that Node and javac wait in; dash stands for them, which every machine has.
TEST_CASE("nothing of the library that a runtime waited in is left to its program") {
    jail j;
    warm_spec spec = runtime({"/bin/sh", "/box/main.sh"}, {"PATH=/usr/bin:/bin"});
    spec.files = {pack_of("main.sh", "exit 9", false)};
    REQUIRE(wait_at("/box/", spec, j.config()));
    keep(j, std::move(spec));
    (void)must_run(j, program({"/usr/bin/true"}));
    const auto shell = [](const std::string& code) {
        run_request request = program({"/bin/sh", "/box/main.sh"});
        request.files = {pack_of("main.sh", code, false)};
        request.warm_key = warm_key;
        return request;
    };
    for (int i = 0; i < 2; ++i) {
        const run_facts facts = must_run(
            j,
            // Its own descriptors, its environment as the kernel shows it and as children get it,
            // the door again; and that all this was seen by a process that had waited.
            shell("grep -q 'take.so' /proc/$$/maps && echo waited\n"
                  "for fd in /proc/$$/fd/*; do [ ${fd##*/} -lt 3 ] || readlink $fd; done\n"
                  "tr '\\0' '\\n' </proc/$$/environ | grep -c -e SLUICE -e PRELOAD\n"
                  "env | grep -e SLUICE -e PRELOAD\n"
                  "ls -A /box /tmp\n"
                  "cat /box/.job /box/main.sh-cold 2>&1 | sort -u\n"
                  "mkdir /box/.warm; echo x >/box/.warm/take.so\n")
        );
        CHECK(
            facts.out ==
            "waited\n/box/main.sh\n0\n/box:\nmain.sh\n\n/tmp:\n"
            "cat: /box/.job: No such file or directory\n"
            "cat: /box/main.sh-cold: No such file or directory\n"
        );
        CHECK(facts.err.empty());
    }
    CHECK(must_run(j, program({"/bin/echo", "other"})).out == "other\n");
}

TEST_CASE("whatever a runtime says instead of waiting, its run starts cold and its slot goes on") {
    jail j;
    const std::string said = GENERATE(
        // Its words at the wrong time, twice, together, none, without end.
        "s.send(b't')",
        "s.send(b'r'); s.send(b'r')",
        "s.send(b'rt')",
        "s.send(b'')",
        "s.setblocking(False)\ntry:\n    while True: s.send(b'r')\nexcept BlockingIOError: pass",
        "s.send(b'r' * 100000)",
        // With descriptors, which init must not keep.
        "import array; s.sendmsg([b'r'], [(1, 1, array.array('i', [1] * 100))]); s.send(b'x')",
        "s.send(b'r'); m, a, _, _ = s.recvmsg(1 << 18, 4096); s.sendmsg([b'x'], a); s.recv(1)",
        // Half of the socket is closed.
        "s.send(b'r'); s.shutdown(_socket.SHUT_WR)",
        "s.shutdown(_socket.SHUT_RDWR)"
    );
    INFO(said);
    keep_python(
        j,
        "import _socket, time; s = _socket.socket(fileno=3)\n" + said + "\ntime.sleep(99)\n"
    );
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 2; ++i) {
        const run_facts facts = must_run(j, script("import os; print(os.listdir('.'))"));
        CHECK(facts.out == "['main.py']\n");
        CHECK(facts.err.empty());
        CHECK(facts.exit_code == 0);
    }
    CHECK(std::chrono::steady_clock::now() - begin < 2 * all_waits * time_scale());
    check_slot_is_back(j);
}

TEST_CASE("a runtime that never comes, or never takes its run, costs its bound and no more") {
    jail j;
    // The first one leaves its end of the socket to a child, so that its own end is not seen.
    const std::string agent = GENERATE(
        "import os, time\nif os.fork(): os._exit(0)\ntime.sleep(99)",
        "import _socket, time; s = _socket.socket(fileno=3); s.send(b'r'); time.sleep(99)"
    );
    INFO(agent);
    keep_python(j, agent);
    (void)must_run(j, program({"/usr/bin/true"}));
    const auto begin = std::chrono::steady_clock::now();
    const run_facts facts = must_run(j, script("print(1)"));
    CHECK(std::chrono::steady_clock::now() - begin < all_waits * time_scale());
    CHECK(facts.out == "1\n");
    // The wait is nobody's: the program's time begins with the program.
    CHECK(facts.wall_us < 3'000'000 * time_scale());
    CHECK_FALSE(facts.wall_time_exceeded);
    check_slot_is_back(j);
}

TEST_CASE("a run that waits for its runtime can be killed") {
    jail j;
    keep_python(j, "import time; time.sleep(99)");
    (void)must_run(j, program({"/usr/bin/true"}));
    run_request request = script("print(1)");
    request.on_started = [&] { j.process().at(0).kill(); };
    const auto begin = std::chrono::steady_clock::now();
    const auto outcome = j.run(std::move(request));
    // Sooner than the runtime would have been given up.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5) * time_scale());
    REQUIRE(outcome.has_value());
    CHECK(outcome->was_killed_by_request);
    CHECK(outcome->out.empty());
    check_slot_is_back(j);
}

// A child of the runtime's that stays is a process of the program's run, and ends with it.
TEST_CASE("what a runtime started beside itself ends with the run that it served") {
    jail j;
    const host_watch host(j);
    const std::string agent = read_file(SLUICE_PYTHON_AGENT);
    keep_python(
        j,
        "import os, time\nif os.fork() == 0:\n    os.close(3); os.setsid()\n"
        "    while True: time.sleep(9)\n" +
            agent
    );
    (void)must_run(j, program({"/usr/bin/true"}));
    const run_facts facts = must_run(
        j,
        script(
            "import os\nassert " + is_warm +
            "\nprint(sum(p.isdigit() for p in os.listdir('/proc')))"
        )
    );
    // Init, the program, and the runtime's child.
    CHECK(facts.out == "3\n");
    CHECK(facts.err.empty());
    j.process().at(0).keep_warm(nullptr);
    (void)must_run(j, program({"/usr/bin/true"}));
    CHECK(host.left_behind() == "");
    check_slot_is_back(j);
}

}  // namespace sluice::sandbox::test
