"""What every route of the OpenAPI document refuses before it does anything: who does not say who he is, who may not, who
asks too often, bodies that are too large or of another kind; and that a database which is away is said so."""

import asyncio
import json
import os
import urllib.parse
import uuid

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
