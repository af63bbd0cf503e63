"""Every status that a program can end with, through the API."""

import pytest

ENDS = [
    ("accepted", "python3", "print(input())", {"stdin": "x", "expected_output": "x"}, {"limit_hit": None}),
    ("accepted", "python3", "print('x  ')", {"expected_output": "x\n\n"}, {}),
    ("wrong_answer", "python3", "print('y')", {"expected_output": "x"}, {"exit_code": 0}),
    ("compile_error", "c17", "int main(void) { return x; }", {}, {"exit_code": None}),
    ("runtime_error", "python3", "raise SystemExit(3)", {}, {"exit_code": 3, "signal": None}),
    ("runtime_error", "c17", "#include <stdlib.h>\nint main(void) { abort(); }", {}, {"signal": 6, "exit_code": None}),
    ("time_limit", "python3", "while True: pass", {"limits": {"cpu_time_ms": 200}}, {"limit_hit": "cpu_time_ms"}),
    ("time_limit", "python3", "import time\ntime.sleep(30)", {"limits": {"wall_time_ms": 300}},
     {"limit_hit": "wall_time_ms"}),
    ("memory_limit", "python3", "x = bytearray(300 << 20)\nprint(len(x))",
     {"limits": {"memory_bytes": 64 << 20}}, {"limit_hit": "memory_bytes"}),
    ("output_limit", "python3", "while True: print('flood' * 100)", {"limits": {"output_bytes": 5000}},
     {"limit_hit": "output_bytes", "stdout_truncated": True}),
    ("accepted", "python3", "print('flood' * 60_000)", {"limits": {"output_bytes": 5000}, "on_output_limit": "truncate"},
     {"limit_hit": None, "stdout_truncated": True, "stdout": "flood" * 1000}),
    ("process_limit", "python3", "import os, time\nfor _ in range(100):\n    if os.fork() == 0: time.sleep(9)",
     {"limits": {"processes": 10}}, {"limit_hit": "processes"}),
]


@pytest.mark.parametrize("status,language,source,more,facts", ENDS, ids=[f"{e[0]}-{n}" for n, e in enumerate(ENDS)])
async def test_a_program_ends_as(suite, status, language, source, more, facts):
    async with suite.client("alice") as alice:
        made = await alice.submit(language, source, wait=25, **more)
        assert made["status"] == status, made
        assert {name: made[name] for name in facts} == facts, made


async def test_output_over_the_limit_keeps_its_first_bytes(suite):
    async with suite.client("alice") as alice:
        made = await alice.submit("python3", "print('a' * 100000)", wait=25, limits={"output_bytes": 1000})
        assert made["stdout"] == "a" * 1000
        assert made["stdout_truncated"] is True


async def test_bytes_that_are_not_utf8_come_back_as_base64(suite):
    async with suite.client("alice") as alice:
        made = await alice.submit("python3", "import sys\nsys.stdout.buffer.write(b'\\xff\\x00\\xfe')", wait=25)
        assert made["status"] == "accepted"
        assert (made["stdout"], made["stdout_encoding"]) == ("/wD+", "base64")


async def test_nul_and_unicode_survive_both_ways(suite):
    text = "žluťoučký \0 кінь 🐎\n"
    async with suite.client("alice") as alice:
        made = await alice.submit("python3", "import sys\nsys.stdout.write(sys.stdin.read())", wait=25, stdin=text)
        assert (made["stdout"], made["stdout_encoding"]) == (text, "utf8")


async def test_files_arguments_and_environment_reach_the_program(suite):
    async with suite.client("alice") as alice:
        files = [{"name": "main.py", "content": "import os, sys\nfrom pkg import helper\n"
                                                "print(helper.twice(sys.argv[1]), os.environ['COLOUR'])"},
                 {"name": "pkg/__init__.py", "content": ""},
                 {"name": "pkg/helper.py", "content": "ZGVmIHR3aWNlKHgpOiByZXR1cm4geCAqIDIK", "encoding": "base64"}]
        body = {"language": "python3", "files": files, "args": ["ab; rm -rf /"], "env": {"COLOUR": "green $HOME"}}
        got = await alice.request("POST", "/api/v1/submissions?wait=20", body)
        assert got.json["stdout"] == "ab; rm -rf /ab; rm -rf / green $HOME\n", got


async def test_a_program_sees_no_network_no_other_process_and_not_the_host(suite):
    source = """
import os, socket
def reach(what):
    try:
        what()
        return 'reached'
    except OSError as e:
        return 'refused'
print(reach(lambda: socket.create_connection(('127.0.0.1', 22), 1)))
print(reach(lambda: open('/etc/shadow')))
print(reach(lambda: os.listdir('/root')))
print(reach(lambda: open('/usr/x', 'w')))
print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit())[:3], os.getpid() > 1, os.getuid() != 0)
print(sorted(os.environ))
"""
    async with suite.client("alice") as alice:
        made = await alice.submit("python3", source, wait=25)
        lines = made["stdout"].splitlines()
        assert lines[:4] == ["refused"] * 4, made
        assert lines[4].endswith("True True"), made
        assert "SLUICE" not in lines[5] and "PATH" in lines[5], made
