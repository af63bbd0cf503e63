"""Submissions with tests: compiled once, run for each, judged by a rule or by a checker."""

import pytest

ECHO = "import sys\nprint(sys.stdin.read().strip()[::-1])"


def a_test(given, expected, **more):
    return {"stdin": given, "expected_output": expected, **more}


async def test_each_test_has_a_verdict_and_the_total_adds_up(suite):
    async with suite.client("alice") as alice:
        made = await alice.submit("python3", ECHO, wait=30, tests=[
            a_test("abc", "cba\n", name="small", weight=3), a_test("x", "y", name="wrong", weight=5),
            a_test("", "", name="empty")])
        assert made["status"] == "wrong_answer"
        assert [(each["name"], each["status"], each["index"]) for each in made["tests"]] == [
            ("small", "accepted", 0), ("wrong", "wrong_answer", 1), ("empty", "accepted", 2)]
        assert made["tests"][0]["stdout"] == "cba\n"
        assert all(each["cpu_us"] > 0 and each["memory_peak_bytes"] > 0 for each in made["tests"])
        total = made["total"]
        assert (total["count"], total["passed"], total["failed"], total["not_run"]) == (3, 2, 1, 0)
        assert (total["weight"], total["weight_passed"]) == (9, 4)
        assert total["worst_cpu_us"] == max(each["cpu_us"] for each in made["tests"])
        assert await alice.get(made["id"]) == made


async def test_a_compiled_program_is_compiled_once_for_all_its_tests(suite):
    source = "#include <stdio.h>\nint main(int c, char **v) { int n; if (scanf(\"%d\", &n) != 1) return 3; " \
             "printf(\"%d %s\\n\", n * n, c > 1 ? v[1] : \"-\"); return 0; } // tests\n"
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = await alice.submit("c17", source, args=["all"], tests=[
            a_test(str(n), f"{n * n} own", args=["own"]) if n % 2 else a_test(str(n), f"{n * n} all") for n in range(12)])
        frame = await events.finished(made["id"])
        assert frame["data"]["status"] == "accepted", frame
        mine = events.events(made["id"])
        assert [each["type"] for each in mine].count("submission.compiled") == 1
        tests = [each for each in mine if each["type"] == "test.finished"]
        assert sorted(each["data"]["index"] for each in tests) == list(range(12))
        assert {each["data"]["status"] for each in tests} == {"accepted"}
        assert all(each["data"]["count"] == 12 and "stdout" not in each["data"] for each in tests)
        assert mine[-1]["type"] == "submission.finished"


async def test_who_was_away_gets_the_tests_that_finished_meanwhile(suite):
    async with suite.client("carol") as carol:
        events = await carol.listen()
        first = await carol.submit("bash", "cat")
        await events.finished(first["id"])
        last = events.last_event_id()
        await events.cut()
        made = await carol.submit("bash", "cat", wait=30, tests=[a_test("1", "1"), a_test("2", "2")])
        again = await carol.listen(last_event_id=last)
        await again.finished(made["id"])
        tests = [each["data"]["index"] for each in again.events(made["id"]) if each["type"] == "test.finished"]
        assert sorted(tests) == [0, 1]


async def test_after_the_first_failure_no_test_is_begun_when_that_was_asked_for(suite):
    async with suite.client("alice") as alice:
        tests = [a_test("a", "a"), a_test("b", "no"), *(a_test(str(n), str(n)) for n in range(30))]
        made = await alice.submit("bash", "sleep 0.05; cat", wait=30, tests=tests, stop_on_first_failure=True)
        assert made["status"] == "wrong_answer"
        assert made["tests"][1]["status"] == "wrong_answer"
        assert made["tests"][-1]["status"] is None and "stdout" not in made["tests"][-1]
        assert made["total"]["not_run"] > 0
        assert made["total"]["passed"] + made["total"]["failed"] + made["total"]["not_run"] == len(tests)


async def test_each_test_ends_in_its_own_way(suite):
    async with suite.client("alice") as alice:
        made = await alice.submit("python3", """
import os, sys
what = sys.stdin.read()
if what == "loop":
    while True: pass
if what == "crash": sys.exit(5)
if what == "kill": os.kill(os.getpid(), 11)
if what == "print": sys.stdout.write("x" * 1000000)
print("fine")
""", wait=30, limits={"cpu_time_ms": 400}, tests=[{"stdin": what} for what in ("fine", "loop", "crash", "kill", "print")])
        assert [each["status"] for each in made["tests"]] == [
            "accepted", "time_limit", "runtime_error", "runtime_error", "output_limit"]
        assert made["status"] == "time_limit" and made["limit_hit"] == "cpu_time_ms"
        assert made["tests"][2]["exit_code"] == 5 and made["tests"][3]["signal_name"] == "SIGSEGV"
        assert made["tests"][4]["stdout_truncated"]


async def test_a_program_that_does_not_compile_runs_no_test(suite):
    async with suite.client("alice") as alice:
        made = await alice.submit("c17", "int main(void) { return x; }", wait=30, tests=[a_test("", "")])
        assert made["status"] == "compile_error"
        assert "error" in made["compile"]["output"]
        assert "tests" not in made


@pytest.mark.parametrize("printed, expected, compare, status", [
    ("1 \r\n2\n\n", "1\n2", None, "accepted"),
    ("1 2", "1  2", {"mode": "trim"}, "wrong_answer"),
    ("1\n", "1\n", {"mode": "exact"}, "accepted"),
    ("1\n", "1", {"mode": "exact"}, "wrong_answer"),
    ("1\n2", "1 2\n", {"mode": "tokens"}, "accepted"),
    ("0.3333334 yes", "0.333333333 yes", {"mode": "float", "abs": 1e-6, "rel": 0}, "accepted"),
    ("0.3334 yes", "0.333333333 yes", {"mode": "float", "abs": 1e-6, "rel": 0}, "wrong_answer"),
])
async def test_the_rule_decides_for_tests_and_for_a_plain_expected_output(suite, printed, expected, compare, status):
    async with suite.client("alice") as alice:
        more = {"compare": compare} if compare else {}
        plain = await alice.submit("bash", "cat", wait=30, stdin=printed, expected_output=expected, **more)
        assert plain["status"] == status
        tested = await alice.submit("bash", "cat", wait=30, tests=[a_test(printed, expected)], **more)
        assert tested["status"] == status


CHECKER = """
import sys
given, output, expected = (open(name).read() for name in sys.argv[1:4])
n = int(given)
if output.strip() == "crash": sys.exit(3)
a, b = map(int, output.split())
print(f"{a} + {b} for {n}, such as {expected.strip()}")
sys.exit(0 if a + b == n else 1)
"""


async def test_a_checker_program_decides_in_the_sandbox(suite):
    compare = {"mode": "checker", "checker": {"language": "python3", "source": CHECKER}}
    async with suite.client("alice") as alice:
        made = await alice.submit(
            "bash", "read n; case $n in 7) echo 3 4;; 8) echo 1 1;; *) echo crash;; esac", wait=30, compare=compare,
            tests=[a_test("7", "1 6"), a_test("8", "4 4"), a_test("9", "")])
        assert [each["status"] for each in made["tests"]] == ["accepted", "wrong_answer", "internal_error"]
        assert made["tests"][0]["checker_output"] == "3 + 4 for 7, such as 1 6\n"
        assert "exit code 3" in made["tests"][2]["message"] and "checker" in made["tests"][2]["message"]
        plain = await alice.submit("bash", "echo 5 5", wait=30, stdin="10", expected_output="", compare=compare)
        assert plain["status"] == "accepted" and plain["checker_output"].startswith("5 + 5")


async def test_a_checker_in_a_compiled_language_is_compiled_too_and_its_failure_is_told_as_its_own(suite):
    checker = '#include <stdio.h>\nint main(int c, char **v) { FILE *f = fopen(v[2], "r"); return c == 4 && fgetc(f) == 65 ? 0 : 1; }'
    async with suite.client("alice") as alice:
        compare = {"mode": "checker", "checker": {"language": "c17", "source": checker}}
        made = await alice.submit("bash", "cat", wait=30, compare=compare, tests=[{"stdin": "A"}, {"stdin": "B"}])
        assert [each["status"] for each in made["tests"]] == ["accepted", "wrong_answer"]
        compare["checker"]["source"] = "int main(void) { return y; }"
        broken = await alice.submit("bash", "cat", wait=30, compare=compare, tests=[{"stdin": "A"}])
        assert broken["status"] == "internal_error"
        assert broken["message"] == "The checker does not compile."
        assert "error" in broken["checker_output"]


async def test_a_checker_reaches_no_more_than_any_program(suite):
    checker = "import os, sys\nprint(sorted(os.listdir('/box/.case')), os.getuid() != 0, os.path.exists('/etc/shadow'))"
    async with suite.client("alice") as alice:
        compare = {"mode": "checker", "checker": {"language": "python3", "source": checker}}
        made = await alice.submit("bash", "echo", wait=30, compare=compare, tests=[{}])
        assert made["tests"][0]["checker_output"] == "['expected', 'input', 'output'] True False\n"


async def test_outputs_that_are_not_text_are_carried_and_compared_as_bytes(suite):
    async with suite.client("alice") as alice:
        made = await alice.submit("bash", "cat", wait=30, compare={"mode": "exact"}, tests=[
            {"stdin": "/wA=", "stdin_encoding": "base64", "expected_output": "/wA=", "expected_output_encoding": "base64"}])
        assert made["status"] == "accepted"
        assert (made["tests"][0]["stdout"], made["tests"][0]["stdout_encoding"]) == ("/wA=", "base64")


async def test_many_tests_do_not_keep_another_task_waiting(make_suite):
    only = make_suite({"execution": {"SLUICE__SANDBOX__SLOTS": "2"}},
                      submission=1, execution=1, notification=1, websocket=1)
    async with only.client("alice") as alice, only.client("bob") as bob:
        events = await alice.listen()
        many = await alice.submit("bash", "sleep 3; cat", limits={"wall_time_ms": 10000},
                                  tests=[a_test(str(n), str(n)) for n in range(4)])
        await events.wait_for("submission.running", many["id"])
        quick = await bob.submit("bash", "echo quick", wait=20)
        assert quick["status"] == "accepted"
        # The tests sleep for seconds in both slots: one was given up for the other task.
        assert not [each for each in events.events(many["id"]) if each["type"] == "submission.finished"]
        frame = await events.finished(many["id"], timeout=40)
        assert frame["data"]["status"] == "accepted"
        assert frame["data"]["total"]["passed"] == 4
        indexes = [each["data"]["index"] for each in events.events(many["id"]) if each["type"] == "test.finished"]
        assert sorted(indexes) == [0, 1, 2, 3]


async def test_tests_are_cancelled_with_their_submission(suite):
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = await alice.submit("bash", "sleep 5", tests=[{}, {}, {}])
        await events.wait_for("submission.running", made["id"])
        got = await alice.request("DELETE", f"/api/v1/submissions/{made['id']}")
        assert got.status in (200, 202), got
        assert (await events.finished(made["id"], 4))["data"]["status"] == "cancelled"


@pytest.mark.parametrize("body, field, code", [
    ({"tests": []}, "tests", "required"),
    ({"tests": [{}] * 1001}, "tests", "too_many"),
    ({"tests": [{"name": "n" * 200}]}, "tests[0].name", "too_large"),
    ({"tests": [{}], "stdin": "x"}, "stdin", "not_allowed"),
    ({"tests": [{}, {"weight": -1}]}, "tests[1].weight", "too_small"),
    ({"tests": [{}], "compare": {"mode": "tokens"}}, "compare", "not_allowed"),
    ({"tests": [{}], "compare": {"mode": "checker"}}, "compare.checker", "required"),
    ({"tests": [{}], "compare": {"mode": "checker", "checker": {"language": "no", "source": ""}}},
     "compare.checker.language", "not_allowed"),
])
async def test_what_is_wrong_with_tests_is_told_with_its_place(suite, body, field, code):
    async with suite.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/submissions", {"language": "bash", "source": "cat", **body})
        assert got.status == 422, got
        assert [(each["field"], each["code"]) for each in got.json["errors"]] == [(field, code)]
