"""What every route of the OpenAPI document refuses before it does anything: who does not say who he is, who may not, who
asks too often, bodies that are too large or of another kind; and that a database which is away is said so."""

import asyncio
import json
import os
import urllib.parse
import uuid

import aiohttp
import pytest

from support import route_log
from support.suite import ROOT

CHEAP = {"SLUICE__AUTH__PASSWORDS__HASH_MEMORY": "1MiB", "SLUICE__AUTH__PASSWORDS__HASH_ITERATIONS": "1",
         "SLUICE__AUTH__ADMINS": '["carol"]', "SLUICE__WEBHOOKS__ENABLED": "true"}
ALL = route_log.operations()
ASKING = [each for each in ALL if not each.is_open]
OF_USERS = [each for each in ASKING if each.scope != "admin" and not each.path.startswith("/api/v1/admin/")]
PASSWORD = "correct horse battery"
NEVER_GIVEN = "sls_" + "A" * 43  # as a session's token looks


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return make_module_suite(settings={"submission": CHEAP}, submission=1)


def path_of(one):
    """With ids that nobody has."""
    values = {"service": "nosuch", "user": "x" * 300}
    path = one.path
    for name in ("id", "correlation_id", "service", "user"):
        path = path.replace("{" + name + "}", values.get(name) or str(uuid.uuid4()))
    return path


def body_limits():
    with open(os.path.join(ROOT, "tests/golden/routes.json"), encoding="utf-8") as file:
        return {(each["method"], each["path"]): each["body_limit"] for each in json.load(file)}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def is_refused(got, status, code):
    return got.status == status and got.json["code"] == code and got.headers["Content-Type"] == "application/problem+json"


async def wrong_ones(operations, ask, is_right):
    """Asks all of them and names those that were answered otherwise."""
    got = await asyncio.gather(*(ask(each) for each in operations))
    return [(each.name(), answer) for each, answer in zip(operations, got) if not is_right(each, answer)]


async def with_keys(client):
    """An account and one key for each scope."""
    name = "user-" + uuid.uuid4().hex[:12]
    assert (await client.request("POST", "/api/v1/auth/register", {"name": name, "password": PASSWORD})).status == 201
    signed = await client.request("POST", "/api/v1/auth/sign-in", {"login": name, "password": PASSWORD})
    session = signed.json["access_token"]
    keys = {}
    for scope in ("read", "submit"):
        made = await client.request("POST", "/api/v1/auth/keys", {"name": scope, "scopes": [scope]}, bearer(session))
        assert made.status == 201, made
        keys[scope] = made.json["key"]
    return session, keys


async def test_every_route_asks_who_is_there(suite):
    async with suite.client(None) as nobody:
        def is_right(one, got):
            return got.status == 303 and got.headers["Location"] == "/login" if one.path == "/run" \
                else is_refused(got, 401, "unauthorized") and got.headers["WWW-Authenticate"] == "Bearer"
        for headers in ({}, bearer(NEVER_GIVEN), bearer("x" * 2000)):
            async def ask(one):
                return await nobody.request(one.method, path_of(one), headers=headers, redirects=False)
            assert await wrong_ones(ASKING, ask, is_right) == []


async def test_every_route_asks_what_a_key_was_made_for(suite):
    async with suite.client(None) as nobody:
        session, keys = await with_keys(nobody)
        others = {"read": keys["submit"], "submit": keys["read"], "account": keys["submit"], "admin": session}

        async def ask(one):
            return await nobody.request(one.method, path_of(one), headers=bearer(others[one.scope]))
        assert await wrong_ones(ASKING, ask, lambda _, got: is_refused(got, 403, "forbidden")) == []


async def test_every_route_says_how_large_a_body_may_be(suite):
    limits = body_limits()
    address = urllib.parse.urlsplit(suite.submission[0].url)

    async def ask(one):
        """Only the header is sent: a body that is announced as too large is not waited for."""
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        path = path_of(one)
        writer.write((f"{one.method} {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer carol-token\r\n"
                      f"Content-Length: {limits[one.method, one.path] + 1}\r\n\r\n").encode())
        header = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in header.split("\r\n") if line.lower().startswith("content-length"))
        text = (await reader.readexactly(length)).decode()
        writer.close()
        status = int(header.split()[1])
        route_log.note(one.method, suite.submission[0].url + path, status, text)
        return status, json.loads(text)["code"]
    assert await wrong_ones(ALL, ask, lambda _, got: got == (413, "payload_too_large")) == []


async def test_every_route_that_takes_json_says_what_is_wrong_with_it(suite):
    async with suite.client("carol") as carol:
        def ask_with(body, kind="application/json"):
            async def ask(one):
                return await carol.request(one.method, path_of(one), headers={"Content-Type": kind}, data=body)
            return ask

        def those(code):
            return [each for each in ALL if each.has(code) and "application/json" in each.facts.get("requestBody", {}).get("content", {})
                    and each.path.startswith(("/api/v1/", "/v1/"))]
        assert len(those("invalid_json")) > 10
        assert await wrong_ones(those("invalid_json"), ask_with(b"{"), lambda _, got: is_refused(got, 400, "invalid_json")) == []
        async def unknown(one):
            changes_nothing = one.path == "/api/v1/admin/settings"
            return await ask_with(b"{}" if changes_nothing else b'{"no_such_field": 1}')(one)
        assert await wrong_ones(those("invalid_request"), unknown, lambda _, got: is_refused(got, 400, "invalid_request")) == []
        text = ask_with(b"{}", "text/plain")
        assert await wrong_ones(those("unsupported_media_type"), text, lambda _, got: is_refused(got, 415, "unsupported_media_type")) == []


async def test_every_route_answers_an_unknown_id_with_404(suite):
    async with suite.client("carol") as carol:
        named = [each for each in ALL if each.has("not_found") and "{" in each.path]
        bodies = {"PUT": {}, "POST": {}}

        async def ask(one):
            body = {"disabled": True} if one.path == "/api/v1/admin/users/{user}" else bodies.get(one.method)
            if "requestBody" not in one.facts:
                body = None
            return await carol.request(one.method, path_of(one), body)
        assert await wrong_ones(named, ask, lambda _, got: is_refused(got, 404, "not_found")) == []


async def test_every_route_of_users_is_counted(suite):
    async with suite.client("carol") as carol, suite.client("bob") as bob:
        quotas = "/api/v1/admin/users/bob/quotas"
        assert (await carol.request("PUT", quotas, {"requests_per_second": 1})).status == 200

        async def ask(one):
            while not is_refused(got := await bob.request(one.method, path_of(one), redirects=False), 429, "too_many_requests"):
                assert got.status != 503, got
            return got
        try:
            assert await wrong_ones(OF_USERS, ask, lambda _, got: int(got.headers["Retry-After"]) >= 1) == []
        finally:
            assert (await carol.request("DELETE", quotas)).status == 200


async def test_every_route_says_that_the_database_is_away(make_suite):
    suite = make_suite(settings={"submission": CHEAP}, submission=1)
    form = [{"id": "email", "value": "a@example.org"}, {"id": "password", "value": PASSWORD}]
    signs = {"/api/v1/auth/register": {"name": "ada", "password": PASSWORD},
             "/api/v1/auth/sign-in": {"login": "ada", "password": PASSWORD},
             "/v1/auth/login": {"username": "ada", "password": PASSWORD},
             "/api/auth/signup": {"formFields": form}, "/api/auth/signin": {"formFields": form}}
    away = [each for each in ALL if each.has("storage_unavailable")]
    suite.servers.postgres.sql(f"alter database {suite.name} allow_connections false")
    suite.servers.postgres.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{suite.name}'")
    try:
        async with suite.client(None) as nobody:
            async def ask(one):
                if one.is_open:
                    return await nobody.request(one.method, one.path, signs[one.path])
                return await nobody.request(one.method, path_of(one), headers=bearer(NEVER_GIVEN), redirects=False)

            def is_right(_, got):
                return is_refused(got, 503, "storage_unavailable") and int(got.headers["Retry-After"]) >= 1
            assert await wrong_ones(away, ask, is_right) == []
    finally:
        suite.servers.postgres.sql(f"alter database {suite.name} allow_connections true")


# -- routes that queue work -----------------------------------------------------------------------------

BASH = {"language": "bash", "source": "true"}
WORK = [each for each in ALL if each.has("queue_unavailable")]


def form_of(**fields):
    with aiohttp.MultipartWriter("form-data") as made:
        for name, value in fields.items():
            file_name = {"filename": "a.sh"} if isinstance(value, bytes) else {}
            made.append(value).set_content_disposition("form-data", name=name, **file_name)
    return made


async def upload(client, path, **fields):
    got = await client.request("POST", path, data=form_of(**fields))
    assert got.status in (200, 201), got
    return got.json["id"]


async def asking_for_work(client):
    """One request that would be accepted for each of them: path → sends it."""
    stored = await upload(client, "/api/v1/uploads", file=b"true", language="bash")
    older = await upload(client, "/api/upload", programFile=b"true", inputs="", programLanguage="bash")
    bodies = {"/api/v1/submissions": BASH, "/api/v1/batches": {"items": [BASH]}, "/api/run_code": {"language": "bash", "content": "true"},
              "/api/v1/comparisons": {"rounds": 1, "first": BASH, "second": BASH, "generator": BASH},
              "/v1/job/schedule": {"command": "true"}, "/api/v1/uploads/{id}/execute": {}}

    async def ask(one, headers=None):
        if one.path == "/api/execute":
            return await client.request("POST", one.path, data=form_of(id=str(older)), headers=headers)
        return await client.request(one.method, one.path.replace("{id}", stored), bodies[one.path], headers)
    return ask


async def test_every_route_that_queues_work_says_that_the_service_is_paused(suite):
    async with suite.client("carol") as carol:
        ask = await asking_for_work(carol)
        paused = await carol.request("POST", "/api/v1/admin/services/submission/pause")
        assert paused.status == 200, paused
        try:
            assert await wrong_ones(WORK, ask, lambda _, got: is_refused(got, 503, "service_paused")) == []
        finally:
            assert (await carol.request("POST", "/api/v1/admin/services/submission/resume")).status == 200


async def test_every_route_that_queues_work_says_that_a_language_is_not_installed(make_suite):
    suite = make_suite(settings={"submission": CHEAP}, submission=1)
    report = {"worker_id": "w1", "slots": 1, "languages": [{"id": "bash", "available": False, "reason": "bash is not installed"}]}
    suite.redis("SET", "sluice:instance:execution:w1", json.dumps(report), "EX", "60")
    suite.redis("ZADD", "sluice:instances:execution", "99999999999999", "w1")
    async with suite.client("carol") as carol:
        ask = await asking_for_work(carol)
        shown = (await carol.request("GET", "/api/v1/languages")).json["items"]
        assert [each["available"] for each in shown if each["id"] == "bash"] == [False]
        assert await wrong_ones(WORK, ask, lambda _, got: is_refused(got, 422, "language_unavailable")) == []


async def test_every_route_that_queues_work_keeps_to_what_a_user_may_have_in_flight(make_suite):
    suite = make_suite(settings={"submission": CHEAP}, submission=1)
    async with suite.client("carol") as carol:
        ask = await asking_for_work(carol)
        limit = {"submissions_in_flight": 1}
        assert (await carol.request("PUT", "/api/v1/admin/users/carol/quotas", limit)).status == 200
        await carol.submit(**BASH)

        async def until_refused(one):  # the limit holds within a second
            while not is_refused(got := await ask(one), 429, "quota_exceeded"):
                assert got.status in (200, 201), got
            return got
        assert await wrong_ones(WORK, until_refused, lambda _, got: is_refused(got, 429, "quota_exceeded")) == []


# -- what single routes refuse ----------------------------------------------------------------------------

OTHER_SITE = {"Origin": "https://evil.example"}
CUT_OFF = ({"Content-Type": "multipart/form-data; boundary=limit"}, b"--limit\r\n")


def form_fields(**fields):
    return {"formFields": [{"id": name, "value": value} for name, value in fields.items()]}


@pytest.mark.parametrize("method,path,body,headers,status,code", [
    ("GET", "/api/v1/admin/audit?limit=0", None, {}, 422, "invalid_field"),
    ("GET", "/api/v1/webhook-deliveries?limit=0", None, {}, 422, "invalid_field"),
    ("GET", f"/api/v1/submissions/{uuid.UUID(int=1)}?wait=long", None, {}, 422, "invalid_field"),
    ("POST", "/api/v1/auth/sign-in", {}, {}, 422, "invalid_field"),
    ("POST", "/auth/register", {"username": "a b", "password": PASSWORD}, {}, 422, "invalid_field"),
    ("POST", "/auth/register", {"username": 1}, {}, 400, "invalid_request"),
    ("POST", "/auth/register", b"{", {}, 400, "invalid_json"),
    ("POST", "/auth/login", {"username": 1}, {}, 400, "invalid_request"),
    ("POST", "/auth/login", b"{", {}, 400, "invalid_json"),
    ("POST", "/auth/login", {"username": "a", "password": "b"}, OTHER_SITE, 403, "forbidden"),
    ("POST", "/api/run_code", b"{", {}, 400, "invalid_json"),
    ("POST", "/api/auth/signin", b"{", {}, 400, "invalid_request"),
    ("POST", "/api/auth/signin", form_fields(email="a@b.c", password="x"), OTHER_SITE, 403, "forbidden"),
    ("POST", "/api/auth/signup", form_fields(email="a@b.c", password="x"), OTHER_SITE, 403, "forbidden"),
    ("POST", "/api/upload", CUT_OFF[1], CUT_OFF[0], 400, "invalid_request"),
    ("POST", "/api/upload", b"{}", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
    ("POST", "/api/execute", CUT_OFF[1], CUT_OFF[0], 400, "invalid_request"),
    ("PATCH", "/api/v1/admin/settings", {"execution": {"log.level": "info"}}, {}, 409, "conflict"),
    ("POST", "/login", b"x", {"Content-Type": "text/plain"}, 415, "unsupported_media_type")])
async def test_a_route_refuses(suite, method, path, body, headers, status, code):
    data = body if isinstance(body, bytes) else None
    sent = {"Content-Type": "application/json", **headers} if data is not None else headers
    async with suite.client("carol") as carol:
        got = await carol.request(method, path, None if data is not None else body, sent, data)
        assert is_refused(got, status, code), got


async def test_what_is_taken_once_is_refused_the_second_time(suite):
    async with suite.client("carol") as carol:
        session, _ = await with_keys(carol)
        again = await carol.request("POST", "/api/v1/auth/keys", {"name": "read", "scopes": ["read"]}, bearer(session))
        assert is_refused(again, 409, "conflict")
        empty = {"current_password": PASSWORD, "new_password": ""}
        assert is_refused(await carol.request("PUT", "/api/v1/auth/password", empty, bearer(session)), 422, "invalid_field")
        comparison = {"rounds": 1, "first": BASH, "second": BASH, "generator": BASH}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        made = await carol.request("POST", "/api/v1/comparisons", comparison, key)
        replayed = await carol.request("POST", "/api/v1/comparisons", comparison, key)
        assert (made.status, replayed.status) == (201, 200) and made.json["id"] == replayed.json["id"]
        other = await carol.request("POST", "/api/v1/comparisons", {**comparison, "rounds": 2}, key)
        assert is_refused(other, 409, "idempotency_conflict")
        together = {"X-Correlation-Id": str(uuid.uuid4())}
        assert (await carol.request("POST", "/v1/job/schedule", {"command": "true"}, together)).status == 200
        assert is_refused(await carol.request("POST", "/v1/job/schedule", {"command": "true"}, together), 409, "conflict")
        first = await carol.request("GET", "/", redirects=False)
        assert first.status == 302 and first.headers["Location"] == "/docs"


async def test_every_way_to_sign_in_counts_attempts(make_suite):
    suite = make_suite(settings={"submission": {**CHEAP, "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "1",
                                                "SLUICE__AUTH__ATTEMPTS__PER_ACCOUNT": "1"}}, submission=1)
    form = form_fields(email="ann@example.org", password=PASSWORD)
    older = {"username": "ann", "password": PASSWORD}
    bodies = {"/api/v1/auth/register": {"name": "ann", "password": PASSWORD}, "/api/v1/auth/sign-in": {"login": "ann", "password": PASSWORD},
              "/auth/register": older, "/auth/login": older, "/v1/auth/login": older, "/api/auth/signup": form, "/api/auth/signin": form}
    async with suite.client(None) as nobody:
        for path, body in bodies.items():
            got = [await nobody.request("POST", path, body) for _ in range(2)]
            assert is_refused(got[-1], 429, "too_many_requests") and int(got[-1].headers["Retry-After"]) >= 1, (path, got)


async def test_what_the_operator_switched_off_says_so(make_suite):
    suite = make_suite(settings={"submission": {**CHEAP, "SLUICE__AUTH__REGISTRATION": "false",
                                                "SLUICE__WEBHOOKS__ENABLED": "false"}}, submission=1)
    async with suite.client("carol") as carol:
        account = {"name": "ann", "password": PASSWORD}
        assert is_refused(await carol.request("POST", "/api/v1/auth/register", account), 403, "forbidden")
        replay = await carol.request("POST", f"/api/v1/webhook-deliveries/{uuid.uuid4()}/replay")
        assert is_refused(replay, 409, "conflict")


async def test_a_websocket_node_drains_and_is_not_paused(make_suite):
    suite = make_suite(settings={"submission": CHEAP}, submission=1, websocket=1)
    suite.websocket[0].wait_for_event("announced", timeout=20)
    async with suite.client("carol") as carol:
        items = (await carol.request("GET", "/api/v1/admin/instances")).json["items"]
        node = next(each["instance"] for each in items if each["service"] == "websocket")
        of_node = "/api/v1/admin/instances/" + urllib.parse.quote(node, safe="")
        for path in (f"{of_node}/pause", f"{of_node}/resume", "/api/v1/admin/services/websocket/resume"):
            assert is_refused(await carol.request("POST", path), 409, "conflict"), path
        assert (await carol.request("POST", "/api/v1/admin/services/websocket/drain")).status == 200
