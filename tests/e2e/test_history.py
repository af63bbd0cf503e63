"""History as its owner uses it: filters, full text, deletion, usage, retention, against real services."""

import asyncio
import datetime
import uuid

import psycopg2
import psycopg2.errors
import pytest

from support import document

HISTORY = {"SLUICE__HISTORY__FULL_TEXT": "true", "SLUICE__AUTH__ADMINS": '["carol"]'}


@pytest.fixture(scope="module")
def suite(make_module_suite):
    made = make_module_suite(settings={"submission": HISTORY}, submission=2, execution=1, notification=1, websocket=1)
    made.execution[0].wait_for_event("announced", timeout=20)  # what is cached is known by its version
    return made


async def get(user, path):
    got = await user.request("GET", path)
    assert got.status == 200, got
    return got.json


async def ids(user, query):
    """Of all pages, three to a page."""
    found, cursor = [], ""
    while cursor is not None:
        page = await get(user, f"/api/v1/submissions?limit=3&{query}{cursor}")
        found += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]
    return found


def count(suite, table, submission_id, column="submission_id"):
    return suite.sql(f"select count(*) from {table} where {column} = '{submission_id}'")


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_filters_narrow_the_list_on_every_page(suite):
    async with suite.client("alice") as alice:
        begun = now()
        together = str(uuid.uuid4())
        runs = [("bash", "true"), ("bash", "exit 3"), ("python3", "print(1)"), ("bash", "true"), ("python", "1/0"),
                ("bash", "true"), ("bash", "true")]
        made = []
        for language, source in runs:
            headers = {"X-Correlation-Id": together} if language == "bash" else {}
            made.append(await alice.submit(language, source, wait=20, headers=headers))
        by_id = {each["id"]: each for each in made}
        newest = [each["id"] for each in reversed(made)]
        mine = f"created_after={begun}"
        assert await ids(alice, mine) == newest
        assert await ids(alice, mine + "&status=accepted") == [i for i in newest if by_id[i]["status"] == "accepted"]
        assert await ids(alice, mine + "&status=accepted,runtime_error") == newest
        assert await ids(alice, mine + "&language=python") == [i for i in newest if by_id[i]["language"] == "python3"]
        assert await ids(alice, mine + "&language=python,bash&status=runtime_error") == [made[4]["id"], made[1]["id"]]
        assert await ids(alice, f"correlation_id={together}") == [i for i in newest if by_id[i]["language"] == "bash"]
        middle = made[3]["created_at"]
        assert await ids(alice, f"{mine}&created_before={middle}") == [each["id"] for each in reversed(made[:3])]
        assert await ids(alice, f"created_after={middle}") == [each["id"] for each in reversed(made[3:])]
        assert await ids(alice, mine + "&status=queued,running") == []
        for wrong in ("status=done", "created_after=today", "language=", "correlation_id=1", "q=%20", "limit=0"):
            got = await alice.request("GET", f"/api/v1/submissions?{wrong}")
            assert got.status == 422 and got.json["errors"][0]["field"] == wrong.split("=")[0], got
    async with suite.client("bob") as bob:
        assert await ids(bob, f"correlation_id={together}") == []


async def test_ones_own_programs_are_found_by_their_words(suite):
    async with suite.client("alice", submission=1) as alice, suite.client("bob") as bob:
        word = "w" + uuid.uuid4().hex
        one = await alice.submit("python3", f"def {word}_Fibonacci(n): pass  # grüße", wait=20)
        body = {"language": "bash", "source": "IyD//iB6ZXJ2ZWw=", "source_encoding": "base64"}
        other = await alice.request("POST", "/api/v1/submissions?wait=20", body)
        assert other.status == 201 and other.json["status"] == "accepted", other
        batch = await alice.request("POST", "/api/v1/batches", {"items": [
            {"language": "bash", "source": f"echo {word} batched"}]})
        assert batch.status == 201, batch
        assert (await ids(alice, f"q={word}%20gr%C3%BC%C3%9Fe"))[-1] == one["id"]
        assert await ids(alice, f"q={word}_fib%20DEF") == [one["id"]]
        assert await ids(alice, f"q={word}%20batched") == [batch.json["items"][0]["id"]]
        assert other.json["id"] in await ids(alice, "q=zervel")
        assert await ids(alice, f"q={word}%20nothing") == []
        assert await ids(bob, f"q={word}") == []
        injected = await ids(alice, "q=%27%29%3B%20drop%20table%20submissions%3B--")
        assert injected == []


async def test_without_full_text_the_search_says_so(make_suite):
    suite = make_suite(submission=1)
    async with suite.client("alice") as alice:
        got = await alice.request("GET", "/api/v1/submissions?q=x")
        assert got.status == 422 and "history.full_text" in got.json["errors"][0]["allowed"], got


async def test_a_purged_submission_is_gone_everywhere(suite):
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        listener = await alice.listen()
        key = str(uuid.uuid4())
        made = await alice.submit("bash", "echo gone", wait=20, headers={"Idempotency-Key": key}, cache=True)
        finished = await listener.finished(made["id"])
        path = f"/api/v1/submissions/{made['id']}"
        assert suite.redis("EXISTS", f"sluice:state:{made['id']}") == "1"
        plain = await alice.request("DELETE", path)
        assert plain.status == 409 and plain.json["code"] == "already_finished"
        assert (await bob.request("DELETE", path + "?purge=true")).status == 404
        assert (await alice.request("DELETE", path + "?purge=yes")).status == 422
        gone = await alice.request("DELETE", path + "?purge=true")
        assert gone.status == 204 and gone.text == "", gone
        assert (await alice.request("GET", path)).status == 404
        assert (await alice.request("DELETE", path + "?purge=true")).status == 404
        for table, column in (("submissions", "id"), ("results", "submission_id"), ("submission_words", "submission_id"),
                              ("idempotency_keys", "submission_id")):
            assert count(suite, table, made["id"], column) == "0", table
        for name in ("state", "output"):
            assert suite.redis("EXISTS", f"sluice:{name}:{made['id']}") == "0"
        events = suite.redis("XRANGE", "sluice:events:alice", "-", "+")
        assert made["id"] not in events
        again = await alice.listen(last_event_id="0-0")
        assert finished["event_id"] not in [frame.get("event_id") for frame in again.frames]
        anew = await alice.submit("bash", "echo gone", wait=20, headers={"Idempotency-Key": key}, cache=True)
        assert anew["id"] != made["id"] and anew["cached"] is False


async def test_what_has_not_ended_is_cancelled_first(suite):
    async with suite.client("alice") as alice:
        made = await alice.submit("bash", "read line", interactive=True)
        path = f"/api/v1/submissions/{made['id']}"
        refused = await alice.request("DELETE", path + "?purge=true")
        assert refused.status == 409 and refused.json["code"] == "conflict", refused
        ended = await alice.request("DELETE", path + "?wait=20")
        assert ended.status == 200 and ended.json["status"] == "cancelled", ended
        assert (await alice.request("DELETE", path + "?purge=true")).status == 204


async def test_old_ones_are_deleted_together_and_stay_counted(suite):
    async with suite.client("bob") as bob, suite.client("carol") as admin:
        first = [await bob.submit("bash", f"echo {i}", wait=20) for i in range(3)]
        until = (await bob.submit("bash", "echo last", wait=20))
        before = await get(bob, "/api/v1/me/usage")
        assert (await bob.request("DELETE", "/api/v1/submissions")).status == 422
        done = await bob.request("DELETE", f"/api/v1/submissions?before={until['created_at']}")
        assert done.status == 200 and done.json["deleted"] >= 3 and done.json["complete"] is True, done
        left = await ids(bob, "")
        assert until["id"] in left and not set(left) & {each["id"] for each in first}
        after = await get(bob, "/api/v1/me/usage")
        assert after == before
        assert after["total"]["submissions"] >= 4 and after["total"]["by_status"]["accepted"] >= 4
        assert after["days"][0]["day"] == now()[:10] and after["total"]["cpu_seconds"] > 0
        assert after["total"]["stored_bytes"] > 0
        assert await get(admin, "/api/v1/me/usage?user_id=bob") == after
        assert (await get(admin, "/api/v1/me/usage"))["total"]["submissions"] == 0


async def test_retention_by_count_in_the_background(make_suite):
    suite = make_suite(submission=2, execution=1, notification=1, settings={"submission": {
        "SLUICE__HISTORY__KEEP_COUNT": "2", "SLUICE__HISTORY__SWEEP_INTERVAL": "200ms"}})
    async with suite.client("alice") as alice:
        made = [(await alice.submit("bash", "true", wait=20))["id"] for _ in range(5)]
        newest = list(reversed(made))[:2]

        async def until_swept():
            while (left := await ids(alice, "")) != newest:
                assert set(newest) <= set(left)
        await asyncio.wait_for(until_swept(), 20)
        assert (await get(alice, "/api/v1/me/usage"))["total"]["submissions"] == 5


@pytest.mark.parametrize("statement", [
    "drop table submissions_default", "create table x (n int)", "update usage_days set cpu_us = 0",
    "select history_drop_partitions(now())"])
def test_submission_may_not_change_the_schema_or_the_counts(suite, statement):
    with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.RaiseException)):
        with psycopg2.connect(suite.servers.postgres.url("sluice_submission_app", suite.name)) as connection:
            connection.cursor().execute(statement)


async def test_the_curl_lines_of_the_document_work_as_written(suite):
    text = document.page("api/history.md").replace("API=http://127.0.0.1:8080/api/v1", f"API={suite.submission[0].url}/api/v1")
    out = await document.run(document.script_of(text.replace("demo-token", "carol-token")))
    for expected in ('"cached":true', '"complete":true', '"by_status":', '"original_run_at":"2'):
        assert expected in out, out
