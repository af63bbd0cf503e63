"""Two programs on generated inputs, until they differ or a bound is reached."""

GENERATOR = {"language": "python3", "source": "import sys\nprint(int(sys.argv[1]) * 3)"}


def program(source, language="python3"):
    return {"language": language, "source": source}


async def compare(client, first, second, generator=GENERATOR, path="?wait=30", status=201, **more):
    body = {"first": first, "second": second, "generator": generator, **more}
    got = await client.request("POST", f"/api/v1/comparisons{path}", body)
    assert got.status == status, got
    return got.json


async def test_the_first_input_on_which_they_differ_is_found_with_both_outputs(suite):
    right = '#include <stdio.h>\nint main(void) { long n; scanf("%ld", &n); printf("%ld\\n", n * n); }'
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = await compare(alice, program(right, "c17"), program("n = int(input())\nprint(n * n if n < 12 else n)"))
        assert made["status"] == "wrong_answer"
        found = made["comparison"]
        assert (found["seed"], found["input"], found["rounds"]) == (4, "12\n", 4)
        assert (found["first"]["stdout"], found["second"]["stdout"]) == ("144\n", "12\n")
        assert found["first"]["status"] == found["second"]["status"] == "accepted"
        assert found["second"]["cpu_us"] > 0
        assert await alice.get(made["id"]) == made
        frame = await events.finished(made["id"])
        assert frame["data"]["comparison"] == found


async def test_programs_that_agree_agree_for_all_rounds(suite):
    async with suite.client("alice") as alice:
        made = await compare(alice, program("print(input())"), program("cat", "bash"), rounds=5, seed=100)
        assert made["status"] == "accepted"
        assert made["comparison"]["rounds"] == 5 and made["comparison"]["seed"] is None


async def test_a_program_that_crashes_or_hangs_differs(suite):
    crashes = program("n = int(input())\nif n == 6: raise SystemExit(9)\nprint(n)")
    hangs = {**program("n = int(input())\nwhile n == 3: pass\nprint(n)"), "limits": {"cpu_time_ms": 200}}
    async with suite.client("alice") as alice:
        made = await compare(alice, program("print(input())"), crashes)
        assert made["status"] == "runtime_error" and made["comparison"]["second"]["exit_code"] == 9
        assert made["comparison"]["seed"] == 2
        made = await compare(alice, hangs, program("print(input())"))
        assert made["status"] == "time_limit" and made["comparison"]["first"]["limit_hit"] == "cpu_time_ms"


async def test_the_time_for_all_rounds_is_a_bound(suite):
    async with suite.client("alice") as alice:
        made = await compare(alice, program("sleep 0.2; cat", "bash"), program("cat", "bash"), rounds=1000, time_ms=500)
        assert made["status"] == "accepted"
        assert 1 <= made["comparison"]["rounds"] < 10


async def test_a_generator_that_fails_and_a_program_that_does_not_compile_are_told(suite):
    async with suite.client("alice") as alice:
        same = program("cat", "bash")
        made = await compare(alice, same, same, generator=program("raise SystemExit(4)"))
        assert made["status"] == "internal_error"
        assert "generator failed for the seed 1" in made["message"] and "exit code 4" in made["message"]
        made = await compare(alice, same, program("int main(void) { return z; }", "c17"))
        assert made["status"] == "compile_error" and "second" in made["message"]
        assert "error" in made["compile"]["output"]


async def test_what_is_wrong_is_told_with_the_program_that_has_it(suite):
    async with suite.client("alice") as alice:
        got = await compare(alice, program("x", "klingon"), program("x"), status=422, rounds=0)
        assert [(each["field"], each["code"]) for each in got["errors"]] == [
            ("first.language", "not_allowed"), ("rounds", "too_small")]
        got = await compare(alice, {"language": "bash"}, {"source": "x"}, status=422)
        assert [each["field"] for each in got["errors"]] == ["second.language"]
