"""Programs of users whom the operator names are forked from one interpreter; nobody else's are, and no program can tell
but by what docs/security.md says that it shares."""

import asyncio
import subprocess

import pytest

ONE_SLOT = {"execution": {"SLUICE__SANDBOX__SLOTS": "1", "SLUICE__FORK_SERVER__USERS": '["alice"]'}}
HASH = "print(hash('x'), 'fork-python' in open('/proc/self/maps').read())"


@pytest.fixture(scope="module")
def forking(make_module_suite):
    return make_module_suite(submission=1, execution=1, notification=1, websocket=1, settings=ONE_SLOT)


async def run(client, source, **more):
    made = await client.submit("python3", source, **more)
    return await client.finished(made["id"])


async def test_programs_of_a_named_user_share_an_interpreter_and_those_of_others_do_not(forking):
    async with forking.client("alice") as alice, forking.client("bob") as bob:
        await run(alice, "print(1)")  # from here on the slot has a server
        first, second = [(await run(alice, HASH))["stdout"] for _ in range(2)]
        assert first == second and first.endswith("True\n")
        others = [(await run(bob, HASH))["stdout"] for _ in range(2)]
        assert all(each.endswith("False\n") for each in others)
        assert len({first, *others}) == 3
        # The server is still there for whom it is.
        assert (await run(alice, HASH))["stdout"].endswith("True\n")


async def test_a_forked_program_is_what_a_started_one_is(forking):
    source = ("import os, sys, random\nprint(sys.argv, __name__, __file__, os.getpid(), os.getppid(), os.getcwd())\n"
              "print(sorted(os.environ.items()), sys.stdin.read(), os.listdir('.'))\nprint('x', file=sys.stderr)\nsys.exit(3)")
    more = {"stdin": "given", "args": ["one", "two words"], "env": {"MINE": "yes"}}
    async with forking.client("alice") as alice, forking.client("bob") as bob:
        forked, started = await run(alice, source, **more), await run(bob, source, **more)
        for key in ("status", "exit_code", "signal", "stdout", "stderr", "limit_hit", "limits"):
            assert forked[key] == started[key], key
        seeds = {(await run(alice, "import random; print(random.random())"))["stdout"] for _ in range(3)}
        assert len(seeds) == 3


async def test_limits_and_accounts_are_the_programs_own(forking):
    cases = [
        ("while True: pass", {"cpu_time_ms": 300}, "time_limit", "cpu_time_ms"),
        ("import time; time.sleep(60)", {"wall_time_ms": 500}, "time_limit", "wall_time_ms"),
        ("x = bytearray(400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1", {"memory_bytes": 64 << 20}, "memory_limit",
         "memory_bytes"),
        ("import os\nwhile os.fork() or True: pass", {"processes": 8}, None, None),
    ]
    async with forking.client("alice") as alice:
        for source, limits, status, hit in cases:
            done = await run(alice, source, limits=limits)
            assert status is None or (done["status"], done["limit_hit"]) == (status, hit), done
            assert done["status"] not in ("accepted", "internal_error")
        idle = await run(alice, "print(1)")
        busy = await run(alice, "import time\nwhile time.process_time() < 0.4: pass")
        assert busy["cpu_us"] > 390_000 and busy["cpu_us"] > idle["cpu_us"]
        large = await run(alice, "x = bytearray(60 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1")
        assert 60 << 20 < large["memory_peak_bytes"] < 100 << 20


async def test_checkers_and_comparisons_of_a_named_user_are_forked_too(forking):
    says = "import sys\nprint('fork-python' in open('/proc/self/maps').read())"
    async with forking.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/comparisons?wait=30", {
            "first": {"language": "python3", "source": says}, "second": {"language": "python3", "source": "print(True)"},
            "generator": {"language": "python3", "source": "print(1)"}, "rounds": 3})
        assert got.status == 201 and got.json["status"] == "accepted", got.json


async def test_a_server_that_is_killed_costs_no_run(forking):
    async with forking.client("alice") as alice:
        before = (await run(alice, HASH))["stdout"]
        servers = subprocess.run(["pgrep", "-f", "^/usr/bin/python3 main.py$"], capture_output=True, text=True, check=False)
        ours = [pid for pid in servers.stdout.split() if is_below(int(pid), forking.execution[0].pid)]
        assert ours
        for pid in ours:
            subprocess.run(["kill", "-9", pid], check=True)
        done = await asyncio.gather(*(run(alice, HASH) for _ in range(3)))
        assert all(each["status"] == "accepted" for each in done)
        last = (await run(alice, HASH))["stdout"]
        assert last.endswith("True\n") and last != before


def is_below(pid, ancestor):
    while pid > 1:
        if pid == ancestor:
            return True
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            pid = int(file.read().rpartition(")")[2].split()[1])
    return False
