"""A program goes all the way round, with two of each service on real servers."""

import asyncio
import collections

import pytest


async def test_a_result_is_pushed_to_its_user_and_to_nobody_else(suite):
    async with suite.client("alice", submission=0, websocket=0) as alice, \
            suite.client("bob", submission=1, websocket=1) as bob:
        of_alice, of_bob = await alice.listen(), await bob.listen()
        made = await alice.submit("python3", "print(6 * 7)")
        frame = await of_alice.finished(made["id"])
        assert frame["data"]["status"] == "accepted"
        assert frame["data"]["stdout"] == "42\n"
        assert frame["correlation_id"] == made["correlation_id"]
        # Bob's own result comes after Alice's; had hers been sent to him, it would stand before it.
        own = await bob.submit("python3", "print('mine')")
        await of_bob.finished(own["id"])
        assert {each.get("submission_id") for each in of_bob.events()} == {own["id"]}


async def test_events_come_in_order_with_growing_ids(suite):
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = await alice.submit("c17", "#include <stdio.h>\nint main(void) { puts(\"round\"); }")
        await events.finished(made["id"])
        mine = events.events(made["id"])
        kinds = [each["type"] for each in mine]
        order = ["submission.queued", "submission.running", "submission.compiled", "submission.finished"]
        assert kinds[-1] == "submission.finished"
        assert "submission.queued" in kinds
        assert len(kinds) == len(set(kinds)) and set(kinds) <= set(order)
        ids = [tuple(map(int, each["event_id"].split("-"))) for each in mine]
        assert ids == sorted(ids)


async def test_the_node_that_holds_the_session_pushes_whichever_node_it_is(suite):
    async with suite.client("carol", websocket=0) as one, suite.client("carol", websocket=1) as other:
        first, second = await one.listen(), await other.listen()
        assert first.welcome["data"]["node"] != second.welcome["data"]["node"]
        made = await one.submit("bash", "echo both")
        got = [await first.finished(made["id"]), await second.finished(made["id"])]
        assert got[0] == got[1]


async def test_wait_answers_with_the_finished_submission(suite):
    async with suite.client("alice", submission=1) as alice:
        made = await alice.submit("python3", "import sys\nprint(sys.stdin.read()[::-1])", wait=20, stdin="eciuls")
        assert made["status"] == "accepted"
        assert made["stdout"] == "sluice\n"
        again = await alice.get(made["id"])
        assert again == made


async def test_the_answer_carries_times_memory_limits_and_hops(suite):
    async with suite.client("alice") as alice:
        made = await alice.submit("python3", "print(1)", wait=20, limits={"cpu_time_ms": 1500})
        assert made["limits"]["cpu_time_ms"] == 1500
        assert made["limits"]["memory_bytes"] > 0
        assert made["exit_code"] == 0 and made["signal"] is None and made["limit_hit"] is None
        assert 0 < made["cpu_us"] < 1_500_000 and made["wall_us"] > 0
        assert made["memory_peak_bytes"] > 1_000_000
        assert made["worker_id"]
        stamps = made["timestamps"]
        order = [stamps[name] for name in ("created_at", "taken_at", "started_at", "ended_at", "persisted_at")]
        assert order == sorted(order)


@pytest.mark.deadline(180)
async def test_500_submissions_from_8_clients_none_lost_none_twice(suite):
    async with suite.client("alice", submission=0, websocket=0) as listening:
        events = await listening.listen()
        expected = {}

        async def send(number):
            async with suite.client("alice", submission=number % 2) as each:
                for index in range(500 // 8 + (number < 500 % 8)):
                    text = f"{number}-{index}"
                    made = await each.submit("bash", f"echo {text}")
                    expected[made["id"]] = text + "\n"
        await asyncio.gather(*(send(number) for number in range(8)))
        assert len(expected) == 500

        def all_finished(frames):
            ended = [each for each in frames if each["type"] == "submission.finished"]
            return {each["submission_id"] for each in ended} >= set(expected)
        await events.wait_until(all_finished, 150, "500 results")
        ended = [each for each in events.events() if each["type"] == "submission.finished"
                 and each["submission_id"] in expected]
        assert max(collections.Counter(each["submission_id"] for each in ended).values()) == 1
        assert {each["submission_id"]: each["data"]["stdout"] for each in ended} == expected
    assert suite.sql("select count(*) from submissions s where not exists "
                     "(select from results r where r.submission_id = s.id)").strip() == "0"


async def test_a_reconnect_brings_what_was_missed_once_and_in_order(suite):
    async with suite.client("bob", websocket=0) as bob:
        events = await bob.listen()
        first = await bob.submit("bash", "echo first")
        await events.finished(first["id"])
        last = events.last_event_id()
        await events.cut()
        missed = [await bob.submit("bash", f"echo {number}", wait=20) for number in range(3)]
        again = await bob.listen(last_event_id=last, url=suite.websocket[1].url)
        assert again.welcome["data"]["resync"] is False
        for each in missed:
            await again.finished(each["id"])
        live = await bob.submit("bash", "echo live")
        await again.finished(live["id"])
        ids = [tuple(map(int, each["event_id"].split("-"))) for each in again.events()]
        assert ids == sorted(set(ids))
        assert ids[0] > tuple(map(int, last.split("-")))
        ended = [each["submission_id"] for each in again.events() if each["type"] == "submission.finished"]
        assert sorted(ended) == sorted([each["id"] for each in missed] + [live["id"]])


async def test_the_list_is_newest_first_and_pages_without_gaps(suite):
    async with suite.client("carol") as carol:
        made = [(await carol.submit("bash", f"echo {number}", wait=20))["id"] for number in range(5)]
        seen, cursor = [], ""
        while True:
            page = (await carol.request("GET", f"/api/v1/submissions?limit=2{cursor}")).json
            seen += [each["id"] for each in page["items"]]
            if not page["next_cursor"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == sorted(seen, reverse=True)
        assert seen[:5] == made[::-1]
        assert len(seen) == len(set(seen))


async def test_the_same_program_is_compiled_once(suite):
    source = "#include <stdio.h>\nint main(void) { puts(\"cached\"); return 0; }\n"
    async with suite.client("alice") as alice:
        runs = [await alice.submit("c17", source, wait=20) for _ in range(6)]
        assert {each["stdout"] for each in runs} == {"cached\n"}
        # Two workers with a cache each: at most one compilation on either.
        assert sum(not each["compile"]["cached"] for each in runs) <= 2
        assert runs[-1]["compile"]["cached"] or runs[-2]["compile"]["cached"]
