"""Batches: accepted whole or refused whole, counted, told when the last of them has ended, once."""

import asyncio
import uuid


def items(count, source="cat"):
    return [{"language": "bash", "source": source, "stdin": str(n), "expected_output": str(n)} for n in range(count)]


async def post(client, body, key=None, correlation=None, status=201):
    headers = {}
    if key:
        headers["Idempotency-Key"] = key
    if correlation:
        headers["X-Correlation-Id"] = correlation
    got = await client.request("POST", "/api/v1/batches", body, headers)
    assert got.status == status, got
    return got


async def batch(client, correlation, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    got = await client.request("GET", f"/api/v1/batches/{correlation}" + (f"?{text}" if text else ""))
    assert got.status == 200, got
    return got.json


async def test_a_batch_runs_whole_and_its_end_is_told_once(suite):
    mine = str(uuid.uuid4())
    async with suite.client("alice", submission=0, websocket=0) as alice, \
            suite.client("alice", submission=1, websocket=1) as elsewhere:
        events, others = await alice.listen(), await elsewhere.listen()
        made = await post(alice, {"items": items(60)}, correlation=mine)
        assert made.json["correlation_id"] == mine and made.json["size"] == 60
        assert made.headers["Location"] == f"/api/v1/batches/{mine}"
        ids = [each["id"] for each in made.json["items"]]
        assert len(set(ids)) == 60
        frame = await events.wait_for("batch.finished", timeout=40)
        assert frame["correlation_id"] == mine
        assert frame["data"]["counts"] == {"accepted": 60} and frame["data"]["finished_at"]
        for each in ids:
            await events.finished(each)
        found = await batch(elsewhere, mine)
        assert found["counts"] == {"accepted": 60} and found["finished_at"] == frame["data"]["finished_at"]
        assert [(each["index"], each["id"]) for each in found["items"]] == list(enumerate(ids))
        # Whatever is told twice would have come before what is told after it.
        last = await alice.submit("bash", "echo after")
        for listener in (events, others):
            await listener.finished(last["id"])
            told = [each for each in listener.events() if each["type"] == "batch.finished"]
            assert len(told) == 1 and told[0] == frame


async def test_redelivered_results_tell_no_second_end(make_suite):
    """notification dies again and again while a batch comes in; its results are delivered again."""
    own = make_suite(submission=1, execution=2, notification=2, websocket=1)
    async with own.client("alice") as alice:
        events = await alice.listen()
        made = await post(alice, {"items": items(80)})
        for index in (0, 1):
            await events.wait_until(lambda frames: sum(each["type"] == "submission.finished" for each in frames) > 10 * index,
                                    30, "some ends")
            own.notification[index].kill()
            own.add("notification")
        frame = await events.wait_for("batch.finished", timeout=60)
        assert frame["data"]["counts"] == {"accepted": 80}
        await asyncio.gather(*(events.finished(each["id"], 60) for each in made.json["items"]))
        last = await alice.submit("bash", "echo after")
        await events.finished(last["id"])
        assert [each["type"] for each in events.events()].count("batch.finished") == 1


async def test_commands_are_a_batch_of_shell_programs(suite):
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = await post(alice, {"commands": ["echo one", "exit 3", "echo $((2 + 3))"]})
        ids = [each["id"] for each in made.json["items"]]
        ends = [(await events.finished(each))["data"] for each in ids]
        assert [each["status"] for each in ends] == ["accepted", "runtime_error", "accepted"]
        assert [each["stdout"] for each in ends] == ["one\n", "", "5\n"]
        assert {each["correlation_id"] for each in ends} == {made.json["correlation_id"]}
        frame = await events.wait_until(
            lambda frames: next((each for each in frames if each["type"] == "batch.finished"
                                 and each["correlation_id"] == made.json["correlation_id"]), None), 20, "the batch's end")
        assert frame["data"]["counts"] == {"accepted": 2, "runtime_error": 1}


async def test_a_batch_with_mistakes_is_refused_whole_with_all_of_them(suite):
    mine = str(uuid.uuid4())
    body = {"items": [*items(3), {"language": "klingon", "source": "x"},
                      {"language": "bash", "source": "x", "tests": [{}, {}, {"name": "n" * 129}]}]}
    async with suite.client("alice") as alice:
        before = suite.sql("select count(*) from submissions")
        got = await post(alice, body, correlation=mine, status=422)
        assert got.headers["Content-Type"].startswith("application/problem+json")
        assert [(each["field"], each["code"]) for each in got.json["errors"]] == [
            ("items[3].language", "not_allowed"), ("items[4].tests[2].name", "too_large")]
        shape = await post(alice, {"items": [{"language": "bash", "source": "x"}, {"language": 5, "sauce": 1}]}, status=400)
        assert [(each["field"], each["code"]) for each in shape.json["errors"]] == [
            ("items[1].language", "wrong_type"), ("items[1].sauce", "unknown_field")]
        assert (await alice.request("GET", f"/api/v1/batches/{mine}")).status == 404
        assert suite.sql("select count(*) from submissions") == before


async def test_a_batch_has_a_largest_size_and_the_limits_say_so(make_suite):
    own = make_suite({"submission": {"SLUICE__SUBMISSIONS__MAX_BATCH_ITEMS": "3"}}, submission=1)
    async with own.client("alice") as alice:
        limits = (await alice.request("GET", "/api/v1/limits")).json
        assert limits["bounds"]["max_batch_items"] == 3
        got = await post(alice, {"items": items(4)}, status=422)
        assert got.json["errors"][0]["field"] == "items" and got.json["errors"][0]["allowed"] == "1 to 3 elements"
        await post(alice, {"items": []}, status=422)
        await post(alice, {"items": items(3)})


async def test_the_same_key_gives_the_same_batch_and_another_body_a_conflict(suite):
    key = str(uuid.uuid4())
    async with suite.client("alice") as alice:
        made = await post(alice, {"items": items(2)}, key=key)
        again = await post(alice, {"items": items(2)}, key=key, status=200)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json["correlation_id"] == made.json["correlation_id"]
        assert [each["id"] for each in again.json["items"]] == [each["id"] for each in made.json["items"]]
        other = await post(alice, {"items": items(3)}, key=key, status=409)
        assert other.json["code"] == "idempotency_conflict"


async def test_a_correlation_id_names_one_batch_of_a_user(suite):
    mine = str(uuid.uuid4())
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        await post(alice, {"items": items(1)}, correlation=mine)
        got = await post(alice, {"items": items(1)}, correlation=mine, status=409)
        assert got.json["code"] == "conflict"
        assert (await bob.request("GET", f"/api/v1/batches/{mine}")).status == 404
        await post(bob, {"items": items(2)}, correlation=mine)
        assert (await batch(bob, mine))["size"] == 2
        assert (await batch(alice, mine))["size"] == 1


async def test_a_batch_is_read_page_by_page(suite):
    async with suite.client("alice") as alice:
        made = await post(alice, {"items": items(7)})
        name, seen, cursor = made.json["correlation_id"], [], None
        while True:
            page = await batch(alice, name, limit=3, **({"cursor": cursor} if cursor else {}))
            seen += [each["id"] for each in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == [each["id"] for each in made.json["items"]]
        assert (await alice.request("GET", f"/api/v1/batches/{name}?cursor=x")).status == 422
