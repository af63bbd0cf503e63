"""Quotas as users meet them: each limit's 429 in words, numbers and headers, overrides that hold at once, other users
untouched, 503 when too much waits, and fair turns beside a user with a thousand jobs."""

import asyncio
import os
import re
import time
import uuid

import aiohttp
import grpc
import pytest

from devtools import certs, services as service_library
from support.jobs import credentials, interface, worker
from support.suite import ROOT

ADMIN = "/api/v1/admin"
SUBMISSIONS = "/api/v1/submissions"
BATCHES = "/api/v1/batches"
UPLOADS = "/api/v1/uploads"
LONG = {"language": "bash", "source": "read -t 20 -u 0 || sleep 20"}
SHORT = {"language": "bash", "source": "true"}
SUBMISSION = {"SLUICE__AUTH__ADMINS": "carol"}


@pytest.fixture(scope="module")
def folder(run_folder):
    made = os.path.join(run_folder, "quota-certs")
    certs.make_all(made, client="alice")
    return made


@pytest.fixture(scope="module")
def suite(make_module_suite, folder):
    return make_module_suite(submission=2, execution=1, notification=1, websocket=1, settings={
        "submission": {**SUBMISSION, **service_library.grpc_settings(folder)}, "execution": {"SLUICE__SANDBOX__SLOTS": "2"}})


async def until(what, condition, seconds=10):
    """Asks again, each answer being a round trip, until the condition holds."""
    end = time.monotonic() + seconds
    while True:
        found = await what()
        if condition(found):
            return found
        assert time.monotonic() < end, f"still {found}"


async def admin(suite, method, path, body=None, status=200):
    async with suite.client("carol") as carol:
        got = await carol.request(method, f"{ADMIN}/{path}", body)
        assert got.status == status, got
        return got.json


async def allow(suite, user="alice", **limits):
    return await admin(suite, "PUT", f"users/{user}/quotas", limits)


async def change_settings(suite, **values):
    await admin(suite, "PATCH", "settings", {"submission": {name.replace("__", "."): value for name, value in values.items()}})


async def limits_of(client):
    got = await client.request("GET", "/api/v1/me/quotas")
    assert got.status == 200, got
    return {(each["scope"], each["name"]): each for each in got.json["limits"]}


def check_refusal(got, name, scope="user", code="quota_exceeded"):
    assert got.status == 429, got
    assert got.headers["Content-Type"] == "application/problem+json"
    assert got.json["code"] == code and got.json["status"] == 429
    said = got.json["quota"]
    assert (said["name"], said["scope"]) == (name, scope), said
    assert int(got.headers["Retry-After"]) >= 1
    assert int(got.headers["RateLimit-Limit"]) == said["maximum"]
    assert int(got.headers["RateLimit-Remaining"]) == said["left"]
    assert int(got.headers["RateLimit-Reset"]) >= 1
    assert str(said["maximum"]) in got.json["detail"]
    return said


async def cancel_all(client, ids):
    for each in ids:
        await client.request("DELETE", f"{SUBMISSIONS}/{each}")
    for each in ids:
        await client.finished(each)


async def test_the_quotas_of_the_configuration_are_shown(suite):
    async with suite.client("alice") as alice:
        found = await limits_of(alice)
        assert found["user", "requests_per_second"]["maximum"] == 1000
        assert found["user", "submissions_in_flight"] == {
            "name": "submissions_in_flight", "scope": "user", "maximum": 10000, "used": 0, "left": 10000, "renews_at": None}
        assert found["user", "cpu_seconds_per_day"]["renews_at"].endswith("T00:00:00.000Z")
        assert found["user", "stored_bytes"]["maximum"] == 10 << 30
        assert not [scope for scope, _ in found if scope == "key"]


async def test_every_counted_answer_says_what_is_left(suite):
    async with suite.client("alice") as alice:
        for method, path in (("GET", "/api/v1/limits"), ("GET", f"{SUBMISSIONS}/{uuid.uuid4()}"), ("POST", SUBMISSIONS)):
            got = await alice.request(method, path)
            assert got.headers["RateLimit-Limit"] == "1000", got
            assert 0 < int(got.headers["RateLimit-Remaining"]) < 1000 and int(got.headers["RateLimit-Reset"]) >= 1
        assert "RateLimit-Limit" not in (await alice.request("GET", "/openapi.json")).headers


async def test_requests_above_the_rate_are_refused_and_others_go_on(suite):
    async with suite.client("alice") as alice, suite.client("alice", submission=1) as second, suite.client("bob") as bob:
        await allow(suite, requests_per_second=2)
        try:
            # Both instances share the bucket; within two seconds the override holds on the other one too.
            await until(lambda: second.request("GET", "/api/v1/limits"), lambda got: got.headers["RateLimit-Limit"] == "2", 2)
            got = await until(lambda: alice.request("GET", "/api/v1/limits"), lambda got: got.status == 429)
            said = check_refusal(got, "requests_per_second", code="too_many_requests")
            assert said["maximum"] == 2 and said["left"] == 0 and said["renews_at"]
            assert (await bob.request("GET", "/api/v1/limits")).status == 200
        finally:
            await admin(suite, "DELETE", "users/alice/quotas")
        await until(lambda: second.request("GET", "/api/v1/limits"), lambda got: got.headers.get("RateLimit-Limit") == "1000", 2)


async def test_submissions_in_flight_are_bounded_until_they_end(suite):
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        shown = await allow(suite, submissions_in_flight=3)
        assert shown["overrides"] == {"submissions_in_flight": 3} and shown["defaults"]["submissions_in_flight"] == 10000
        try:
            ids = [(await alice.submit(**LONG))["id"] for _ in range(2)]
            got = await alice.request("POST", BATCHES, {"items": [SHORT, SHORT]})
            said = check_refusal(got, "submissions_in_flight")
            assert (said["maximum"], said["used"], said["left"], said["renews_at"]) == (3, 2, 1, None)
            assert "2 wanted" in got.json["detail"]
            ids.append((await alice.submit(**LONG))["id"])
            check_refusal(await alice.request("POST", SUBMISSIONS, SHORT), "submissions_in_flight")
            check_refusal(await alice.request("POST", "/v1/job/schedule", {"commands": ["true"]}), "submissions_in_flight")
            assert (await limits_of(alice))["user", "submissions_in_flight"]["left"] == 0
            async with suite.client("bob") as other:
                assert (await other.request("POST", SUBMISSIONS, SHORT)).status == 201
            await cancel_all(alice, ids)
            await alice.submit(**SHORT, wait=20)
        finally:
            await admin(suite, "DELETE", "users/alice/quotas")
        await bob.submit(**SHORT, wait=20)


async def test_an_override_is_raised_while_everything_runs(suite):
    async with suite.client("alice") as alice:
        await allow(suite, submissions_in_flight=1)
        ids = [(await alice.submit(**LONG))["id"]]
        check_refusal(await alice.request("POST", SUBMISSIONS, LONG), "submissions_in_flight")
        await allow(suite, submissions_in_flight=2)
        got = await until(lambda: alice.request("POST", SUBMISSIONS, LONG), lambda got: got.status == 201, 2)
        ids.append(got.json["id"])
        await admin(suite, "DELETE", "users/alice/quotas")
        await cancel_all(alice, ids)


async def test_a_replay_counts_nothing_and_is_answered_although_all_is_used_up(suite):
    async with suite.client("alice") as alice:
        await allow(suite, submissions_in_flight=1)
        try:
            key = {"Idempotency-Key": str(uuid.uuid4())}
            first = await alice.submit(**LONG, headers=key)
            for _ in range(3):
                again = await alice.request("POST", SUBMISSIONS, LONG, key)
                assert again.status == 200 and again.json["id"] == first["id"]
                assert again.headers["Idempotency-Replayed"] == "true"
            assert (await limits_of(alice))["user", "submissions_in_flight"]["used"] == 1
            other = await alice.request("POST", SUBMISSIONS, SHORT, key)
            assert other.status == 409 and other.json["code"] == "idempotency_conflict"
            await cancel_all(alice, [first["id"]])
            assert (await limits_of(alice))["user", "submissions_in_flight"]["used"] == 0
            key = {"Idempotency-Key": str(uuid.uuid4())}
            batch = {"items": [LONG]}
            made = await alice.request("POST", BATCHES, batch, key)
            assert made.status == 201, made
            assert (await alice.request("POST", BATCHES, batch, key)).status == 200
            await cancel_all(alice, [each["id"] for each in made.json["items"]])
        finally:
            await admin(suite, "DELETE", "users/alice/quotas")


async def test_processor_time_of_a_day_is_used_up_by_results_and_once(suite):
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        before = (await limits_of(alice))["user", "cpu_seconds_per_day"]["used"]
        await allow(suite, cpu_seconds_per_day=before + 1)
        try:
            spun = await alice.submit("python3", "import time\nwhile time.process_time() < 1.1: pass", wait=20)
            assert spun["status"] == "accepted" and spun["cpu_ms"] >= 1000, spun
            got = await until(lambda: alice.request("POST", SUBMISSIONS, SHORT), lambda got: got.status == 429, 3)
            said = check_refusal(got, "cpu_seconds_per_day")
            assert said["renews_at"].endswith("T00:00:00.000Z") and int(got.headers["Retry-After"]) <= 86400
            assert (await bob.request("POST", SUBMISSIONS, SHORT)).status == 201
            counted = suite.sql("select sum(cpu_us) from usage_days where user_id = 'alice'")
            stored = suite.sql("select sum(cpu_us) from results where user_id = 'alice'")
            assert counted == stored
        finally:
            await admin(suite, "DELETE", "users/alice/quotas")


async def test_stored_bytes_are_bounded(suite):
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        await alice.submit("bash", "true #" + "x" * 1000, wait=20)
        used = (await limits_of(alice))["user", "stored_bytes"]["used"]
        assert used >= 1000
        kept = suite.sql("select sum(octet_length(s.task) + octet_length(r.result)) from submissions s "
                         "join results r on r.submission_id = s.id where s.user_id = 'alice'")
        assert used == int(kept)
        await allow(suite, stored_bytes=used + 5000)
        try:
            large = {"language": "bash", "source": "true #" + "x" * 20000}
            got = await until(lambda: alice.request("POST", SUBMISSIONS, large), lambda got: got.status == 429, 2)
            said = check_refusal(got, "stored_bytes")
            assert said["maximum"] == used + 5000 and 0 < said["left"] <= 5000
            assert (await bob.request("POST", SUBMISSIONS, large)).status == 201
        finally:
            await admin(suite, "DELETE", "users/alice/quotas")


def form(size):
    made = aiohttp.FormData()
    made.add_field("file", b"#" * size, filename="large.py", content_type="text/x-python")
    return made


async def test_uploads_count_as_stored_and_are_bounded_with_the_rest(suite):
    async with suite.client("bob") as bob:
        before = (await limits_of(bob))["user", "stored_bytes"]["used"]
        await allow(suite, "bob", stored_bytes=before + 500_000)
        try:
            first = await bob.request("POST", UPLOADS, data=form(400_000))
            assert first.status == 201, first
            assert (await limits_of(bob))["user", "stored_bytes"]["used"] >= 400_000
            # Refused while it comes, because of what is left; and before it comes, when nothing is.
            said = check_refusal(await bob.request("POST", UPLOADS, data=form(400_000)), "stored_bytes")
            assert 0 < said["left"] < 400_000
            await allow(suite, "bob", stored_bytes=1000)
            said = check_refusal(await bob.request("POST", UPLOADS, data=form(1)), "stored_bytes")
            assert said["left"] == 0
            await allow(suite, "bob", stored_bytes=before + 500_000)
            assert (await bob.request("DELETE", f"{UPLOADS}/{first.json['id']}")).status == 204
            again = await until(lambda: bob.request("POST", UPLOADS, data=form(400_000)), lambda got: got.status == 201)
            assert (await bob.request("DELETE", f"{UPLOADS}/{again.json['id']}")).status == 204
        finally:
            await admin(suite, "DELETE", "users/bob/quotas")


async def session_and_key(someone):
    """The headers of a new user, signed in, and of his API key."""
    name, password = f"keys-{uuid.uuid4().hex[:8]}", "correct horse battery"
    assert (await someone.request("POST", "/api/v1/auth/register", {"name": name, "password": password})).status == 201
    signed = await someone.request("POST", "/api/v1/auth/sign-in", {"login": name, "password": password})
    session = {"Authorization": f"Bearer {signed.json['access_token']}"}
    made = await someone.request("POST", "/api/v1/auth/keys", {"name": "k", "scopes": ["read", "submit"]}, session)
    return session, {"Authorization": f"Bearer {made.json['key']}"}


async def test_an_api_key_has_limits_of_its_own(suite):
    async with suite.client(None) as someone:
        session, key = await session_and_key(someone)
        await change_settings(suite, quotas__per_key__submissions_in_flight=1, quotas__per_key__requests_per_second=500)
        try:
            first = await someone.request("POST", SUBMISSIONS, LONG, key)
            assert first.status == 201 and first.headers["RateLimit-Limit"] == "500", first
            check_refusal(await someone.request("POST", SUBMISSIONS, LONG, key), "submissions_in_flight", "key")
            by_session = await someone.request("POST", SUBMISSIONS, LONG, session)
            assert by_session.status == 201
            shown = {(each["scope"], each["name"]): each["used"]
                     for each in (await someone.request("GET", "/api/v1/me/quotas", headers=key)).json["limits"]}
            assert shown["key", "submissions_in_flight"] == 1 and shown["user", "submissions_in_flight"] == 2
            for each in (first, by_session):
                await someone.request("DELETE", f"{SUBMISSIONS}/{each.json['id']}?wait=20", headers=session)
            got = await someone.request("POST", SUBMISSIONS + "?wait=20", SHORT, key)
            assert got.status == 201 and got.json["status"] == "accepted", got
        finally:
            await change_settings(suite, quotas__per_key__submissions_in_flight=None, quotas__per_key__requests_per_second=None)


async def test_an_api_key_stores_only_as_much_as_its_own_limit_says(suite):
    async with suite.client(None) as someone:
        session, key = await session_and_key(someone)
        await change_settings(suite, quotas__per_key__stored_bytes="300KiB")
        try:
            by_key = await someone.request("POST", UPLOADS, headers=key, data=form(200 << 10))
            assert by_key.status == 201, by_key
            said = check_refusal(await someone.request("POST", UPLOADS, headers=key, data=form(200 << 10)), "stored_bytes", "key")
            assert said == {"name": "stored_bytes", "scope": "key", "maximum": 300 << 10, "used": 200 << 10, "left": 100 << 10,
                            "renews_at": None}
            # What came with the session is not the key's; what the key brought is its user's too.
            assert (await someone.request("POST", UPLOADS, headers=session, data=form(200 << 10))).status == 201
            shown = {(each["scope"], each["name"]): each["used"]
                     for each in (await someone.request("GET", "/api/v1/me/quotas", headers=key)).json["limits"]}
            assert (shown["key", "stored_bytes"], shown["user", "stored_bytes"]) == (200 << 10, 400 << 10)
            gone = await someone.request("DELETE", f"{UPLOADS}/{by_key.json['id']}", headers=key)
            assert gone.status == 204
            again = await until(lambda: someone.request("POST", UPLOADS, headers=key, data=form(200 << 10)), lambda got: got.status == 201)
            assert again.json["size_bytes"] == 200 << 10
        finally:
            await change_settings(suite, quotas__per_key__stored_bytes=None)


async def test_over_grpc_the_same_limits_are_resource_exhausted(suite, run_folder, folder):
    await allow(suite, submissions_in_flight=1)
    address, secrets = suite.submission[0].listeners["grpc"], credentials(folder)
    try:
        async with worker(interface(run_folder), address, secrets, "alice-token") as alice:
            async def two():
                try:
                    await alice.execute_many(["true", "true"])
                except grpc.aio.AioRpcError as error:
                    return error
                return None
            error = await until(two, lambda found: found is not None, 3)
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert "submissions in flight" in error.details() and "2 wanted" in error.details()
            await allow(suite, requests_per_second=1)

            async def many():
                try:
                    async for _ in alice.search(str(uuid.uuid4())):
                        pass
                except grpc.aio.AioRpcError as error:
                    return error
            error = await until(many, lambda found: found.code() == grpc.StatusCode.RESOURCE_EXHAUSTED)
            assert "requests per second" in error.details()
    finally:
        await admin(suite, "DELETE", "users/alice/quotas")


@pytest.mark.parametrize("body,code,field", [
    ([], "invalid_json", None), ({"requests": 1}, "invalid_request", "requests"),
    ({"stored_bytes": "many"}, "invalid_request", "stored_bytes"), ({"stored_bytes": 1.5}, "invalid_request", "stored_bytes"),
    ({"submissions_in_flight": -1}, "invalid_field", "submissions_in_flight"),
    ({"cpu_seconds_per_day": 2 ** 60}, "invalid_field", "cpu_seconds_per_day")], ids=str)
async def test_quotas_that_cannot_be_are_refused_by_name(suite, body, code, field):
    async with suite.client("carol") as carol:
        got = await carol.request("PUT", f"{ADMIN}/users/dora/quotas", body)
        assert got.status in (400, 422) and got.json["code"] == code, got
        if field:
            assert [each["field"] for each in got.json["errors"]] == [field]
        assert (await carol.request("GET", f"{ADMIN}/users/dora/quotas")).json["overrides"] == {}


async def test_changes_are_in_the_audit(suite):
    await allow(suite, "eve", stored_bytes=5, cpu_seconds_per_day=0)
    await allow(suite, "eve", stored_bytes=7)
    await admin(suite, "DELETE", "users/eve/quotas")
    entries = [each for each in (await admin(suite, "GET", "audit"))["items"] if each["target"] == "user/eve"]
    assert [(each["action"], each["setting"], each.get("from"), each.get("to")) for each in reversed(entries)] == [
        ("set", "quotas.cpu_seconds_per_day", None, 0), ("set", "quotas.stored_bytes", None, 5),
        ("unset", "quotas.cpu_seconds_per_day", 0, None), ("set", "quotas.stored_bytes", 5, 7),
        ("unset", "quotas.stored_bytes", 7, None)]
    assert {each["actor"] for each in entries} == {"carol"}


async def test_defaults_change_for_everybody_while_running(suite):
    async with suite.client("bob") as bob, suite.client("bob", submission=1) as second:
        await change_settings(suite, quotas__submissions_in_flight=77)
        for each in (bob, second):
            assert (await limits_of(each))["user", "submissions_in_flight"]["maximum"] == 77
        await change_settings(suite, quotas__submissions_in_flight=None)
        assert (await limits_of(second))["user", "submissions_in_flight"]["maximum"] == 10000


async def test_what_waits_for_its_turn_is_cancelled_at_once(suite):
    async with suite.client("alice") as alice:
        await change_settings(suite, quotas__window=1)
        try:
            ids = [(await alice.submit(**LONG))["id"] for _ in range(3)]
            assert int(suite.sql("select count(*) from submissions where held")) == 2
            got = await alice.request("DELETE", f"{SUBMISSIONS}/{ids[2]}?wait=10")
            assert got.json["status"] == "cancelled", got
            assert (await alice.get(ids[1]))["status"] == "queued"
            await cancel_all(alice, ids[:2])
        finally:
            await change_settings(suite, quotas__window=None)
        assert int(suite.sql("select count(*) from submissions where held")) == 0


async def test_too_much_queued_work_is_503_for_everybody_until_it_is_done(suite):
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        await admin(suite, "POST", "services/execution/pause")
        await change_settings(suite, quotas__max_queued=10)
        try:
            made = await alice.request("POST", BATCHES, {"items": [SHORT] * 15})
            assert made.status == 201, made
            got = await until(lambda: bob.request("POST", SUBMISSIONS, SHORT), lambda got: got.status != 201)
            assert got.status == 503 and got.json["code"] == "queue_full" and int(got.headers["Retry-After"]) >= 1
            assert (await bob.request("GET", "/api/v1/limits")).status == 200
        finally:
            await admin(suite, "POST", "services/execution/resume")
        got = await until(lambda: bob.request("POST", SUBMISSIONS, SHORT), lambda got: got.status == 201, 30)
        await change_settings(suite, quotas__max_queued=None)
        await bob.finished(got.json["id"])


@pytest.mark.deadline(150)
async def test_one_job_beside_a_thousand_of_another_user_waits_for_a_few(suite):
    async with suite.client("alice") as alice, suite.client("bob", submission=1) as bob:
        await admin(suite, "POST", "services/execution/pause")
        before = int(suite.sql("select count(*) from results where user_id = 'alice'"))
        for _ in range(2):
            made = await alice.request("POST", BATCHES, {"items": [{"language": "bash", "source": "sleep 0.02"}] * 500})
            assert made.status == 201, made
        await admin(suite, "POST", "services/execution/resume")
        ended = await bob.submit(**SHORT, wait=30)
        after = int(suite.sql("select count(*) from results where user_id = 'alice'"))
        assert ended["status"] == "accepted", ended
        # Eight stand in the queue (the window of two slots), two may run meanwhile, and results are stored in batches.
        assert after - before <= 24, f"{after - before} of alice's jobs ended before bob's one"
        # They go on by themselves: every finished one lets the next into the queue, also of the other batch.
        await until(lambda: limits_of(alice), lambda found: found["user", "submissions_in_flight"]["used"] == 0, 90)
        assert suite.sql("select count(*) from submissions where held") == "0"
        wrong = suite.sql("select count(*) from results where user_id = 'alice' and status = 'internal_error'")
        assert wrong == "0"


def document_script(suite):
    """The shell lines of docs/api/quotas.md, for this suite."""
    with open(os.path.join(ROOT, "docs/api/quotas.md"), encoding="utf-8") as file:
        blocks = re.findall(r"(?:^    .*\n)+", file.read(), flags=re.MULTILINE)
    lines = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks if block.lstrip().startswith("curl")]
    start = f"set -e\nAPI={suite.submission[0].url}/api/v1\nTOKEN=alice-token\nADMIN=carol-token\n"
    return start + "".join(lines).replace("curl -s ", "curl -sSf ")


async def test_the_curl_lines_of_the_document_work_as_written(suite):
    shell = await asyncio.create_subprocess_exec("/bin/bash", "-c", document_script(suite),
                                                 stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, problems = (each.decode() for each in await shell.communicate())
    assert shell.returncode == 0, (out, problems)
    assert '"overrides":{"requests_per_second":0,"submissions_in_flight":5}' in out, out
    assert "RateLimit-Remaining" in out, out
    await change_settings(suite, quotas__submissions_in_flight=None)
