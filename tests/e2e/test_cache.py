"""Answers from earlier results, against real services: who gets them, who does not, and what is left to see."""

import asyncio
import time
import uuid

import pytest


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return known(make_module_suite(submission=2, execution=1, notification=1, websocket=1))


def known(suite):
    """Once its worker has said what it runs: before that nobody knows which version a result would be of."""
    suite.execution[0].wait_for_event("announced", timeout=20)
    return suite


def program():
    """Of its own for each test."""
    return f"import sys; print('{uuid.uuid4()}', sys.stdin.read())"


async def test_the_same_again_is_answered_at_once_and_marked(suite):
    async with suite.client("alice") as alice, suite.client("alice", submission=1) as elsewhere:
        listener = await alice.listen()
        source = program()
        first = await alice.submit("python3", source, wait=20, cache=True, stdin="x")
        assert first["status"] == "accepted" and first["cached"] is False and first["original_run_at"] is None
        began = time.monotonic()
        second = await elsewhere.submit("python3", source, cache=True, stdin="x")
        took = time.monotonic() - began
        assert second["cached"] is True and second["id"] != first["id"], second
        assert second["original_run_at"] == first["timestamps"]["ended_at"]
        assert second["stdout"] == first["stdout"] and second["status"] == "accepted"
        assert took < 1.5, took
        assert await alice.get(second["id"]) == second
        frame = await listener.finished(second["id"])
        assert frame["data"]["cached"] is True and frame["data"]["stdout"] == first["stdout"]
        kinds = [each["type"] for each in listener.frames if each.get("submission_id") == second["id"]]
        assert "submission.running" not in kinds
        listed = (await alice.request("GET", "/api/v1/submissions?limit=2")).json["items"]
        assert [(each["id"], each["cached"]) for each in listed] == [(second["id"], True), (first["id"], False)]


async def test_what_differs_is_run(suite):
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        source = program()
        same = {"stdin": "a", "args": ["1"], "env": {"A": "b"}, "limits": {"cpu_time_ms": 900}, "expected_output": "x"}
        assert (await alice.submit("python3", source, wait=20, cache=True, **same))["cached"] is False
        assert (await alice.submit("python3", source, wait=20, cache=True, **same))["cached"] is True
        for change in ({"stdin": "b"}, {"args": ["2"]}, {"env": {"A": "c"}}, {"limits": {"cpu_time_ms": 901}},
                       {"expected_output": "y"}, {"compare": {"mode": "exact"}}):
            other = await alice.submit("python3", source, wait=20, cache=True, **{**same, **change})
            assert other["cached"] is False, change
        assert (await alice.submit("python3", source + "\n", wait=20, cache=True, **same))["cached"] is False
        assert (await alice.submit("python3", source, wait=20, **same))["cached"] is False
        assert (await bob.submit("python3", source, wait=20, cache=True, **same))["cached"] is False


@pytest.mark.parametrize("source,limits", [("while True: pass", {"cpu_time_ms": 200}),
                                           ("import time; time.sleep(9)", {"wall_time_ms": 300})])
async def test_a_limit_of_time_is_tried_again(suite, source, limits):
    async with suite.client("alice") as alice:
        for _ in range(2):
            got = await alice.submit("python3", source, wait=20, cache=True, limits=limits)
            assert got["status"] == "time_limit" and got["cached"] is False, got


async def test_tests_and_compile_errors_are_kept_too(suite):
    async with suite.client("alice") as alice:
        tests = [{"stdin": "1", "expected_output": "1"}, {"stdin": "2", "expected_output": "3"}]
        source = f"print(input())  # {uuid.uuid4()}"
        one, two = [await alice.submit("python3", source, wait=20, cache=True, tests=tests) for _ in range(2)]
        assert (one["cached"], two["cached"]) == (False, True)
        assert one["status"] == two["status"] == "wrong_answer" and len(two["tests"]) == 2
        assert two["tests"][1]["status"] == "wrong_answer"


async def test_a_batch_may_be_answered_from_the_cache(suite):
    async with suite.client("alice") as alice:
        source = program()
        await alice.submit("python3", source, wait=20, cache=True)
        listener = await alice.listen()
        posted = await alice.request("POST", "/api/v1/batches", {"items": [
            {"language": "python3", "source": source, "cache": True}, {"language": "python3", "source": source}]})
        assert posted.status == 201, posted
        await listener.wait_for("batch.finished")
        items = [await alice.finished(each["id"]) for each in posted.json["items"]]
        assert [each["cached"] for each in items] == [True, False]
        assert items[0]["stdout"] == items[1]["stdout"]


async def test_interactive_programs_have_no_earlier_result(suite):
    async with suite.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/submissions", {"language": "bash", "source": "cat", "cache": True,
                                                                  "interactive": True})
        assert got.status == 422 and got.json["errors"][0]["field"] == "cache", got


async def test_rubbish_in_the_cache_is_run_over(suite):
    async with suite.client("alice") as alice:
        source = program()
        await alice.submit("python3", source, wait=20, cache=True)
        for key in suite.redis("KEYS", "sluice:cache:*").split():
            if key != "sluice:cache:index":
                suite.redis("SET", key, "rubbish")
        again = await alice.submit("python3", source, wait=20, cache=True)
        assert again["status"] == "accepted" and again["cached"] is False
        assert (await alice.submit("python3", source, cache=True))["cached"] is True


async def test_a_cached_run_uses_no_time(suite):
    async with suite.client("carol") as carol:
        source = program()
        await carol.submit("python3", source, wait=20, cache=True)
        before = (await carol.request("GET", "/api/v1/me/usage")).json["total"]
        await asyncio.gather(*[carol.submit("python3", source, cache=True) for _ in range(5)])
        after = (await carol.request("GET", "/api/v1/me/usage")).json["total"]
        assert after["submissions"] == before["submissions"] + 5 and after["cached"] == before["cached"] + 5
        assert after["cpu_us"] == before["cpu_us"]


async def test_users_share_where_it_is_configured_and_bounds_hold(make_suite):
    suite = known(make_suite(submission=1, execution=1, notification=1, settings={
        "submission": {"SLUICE__CACHE__SHARED": "true"},
        "notification": {"SLUICE__CACHE__MAX_RESULT": "2KiB", "SLUICE__CACHE__MAX_ENTRIES": "2"}}))
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        source = program()
        assert (await alice.submit("python3", source, wait=20, cache=True))["cached"] is False
        shared = await bob.submit("python3", source, cache=True)
        assert shared["cached"] is True
        assert (await bob.get(shared["id"]))["status"] == "accepted"
        for _ in range(2):
            large = await alice.submit("bash", "printf '%3000s' x", wait=20, cache=True)
            assert large["cached"] is False
        for i in range(4):
            await alice.submit("bash", f"echo {i}", wait=20, cache=True)
        assert len(suite.redis("KEYS", "sluice:cache:*").split()) <= 3
        assert (await alice.submit("bash", "echo 3", cache=True))["cached"] is True


async def test_where_the_cache_is_off_programs_are_run(make_suite):
    suite = known(make_suite(submission=1, execution=1, notification=1, settings={
        "submission": {"SLUICE__CACHE__ENABLED": "false"}}))
    async with suite.client("alice") as alice:
        for _ in range(2):
            assert (await alice.submit("bash", "echo x", wait=20, cache=True))["cached"] is False
