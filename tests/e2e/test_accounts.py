"""Accounts as a client uses them: passwords, sessions, cookies and API keys against real services, two of each."""

import asyncio
import json
import os
import re
import subprocess
import time
import uuid

import pytest
import websockets

from support import document
from support.suite import ROOT
from devtools import services as service_library

# Hashing is cheap here but where it is what a test is about; attempts are counted, but not few.
CHEAP = {"SLUICE__AUTH__PASSWORDS__HASH_MEMORY": "1MiB", "SLUICE__AUTH__PASSWORDS__HASH_ITERATIONS": "1",
         "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "100000", "SLUICE__AUTH__ADMINS": '["carol"]'}
PASSWORD = "correct horse battery"
AUTH = "/api/v1/auth"


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return make_module_suite(settings={"submission": CHEAP}, submission=2, execution=1, notification=1, websocket=1)


def new_name():
    return "user-" + uuid.uuid4().hex[:12]


async def registered(nobody, name=None, password=PASSWORD, **more):
    name = name or new_name()
    got = await nobody.request("POST", f"{AUTH}/register", {"name": name, "password": password, **more})
    assert got.status == 201, got
    return name, got.json["user"]["id"]


async def signed_in(nobody, name, password=PASSWORD):
    got = await nobody.request("POST", f"{AUTH}/sign-in", {"login": name, "password": password})
    assert got.status == 200, got
    return got.json


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def person(nobody):
    """Registered and signed in: name, id, token."""
    name, user = await registered(nobody)
    return name, user, (await signed_in(nobody, name))["access_token"]


async def new_key(nobody, token, *scopes, name=None):
    got = await nobody.request("POST", f"{AUTH}/keys", {"name": name or new_name(), "scopes": list(scopes)}, bearer(token))
    assert got.status == 201, got
    return got.json


async def test_from_registration_to_sign_out(suite):
    async with suite.client(None) as nobody:
        name = new_name()
        email = f"{name}@Example.org"
        _, user = await registered(nobody, name, email=email)
        made = await signed_in(nobody, email.upper())
        assert made["token_type"] == "Bearer" and made["user"]["id"] == user and made["user"]["role"] == "user"
        mine = bearer(made["access_token"])
        info = await nobody.request("GET", f"{AUTH}/session", headers=mine)
        assert info.json["user"]["email"] == email and info.json["session_id"] == made["session_id"]
        run = await nobody.submit("bash", "echo mine", wait=20, headers=mine)
        assert run["status"] == "accepted"
        listed = (await nobody.request("GET", "/api/v1/submissions", headers=mine)).json["items"]
        assert [each["id"] for each in listed] == [run["id"]]
        assert (await nobody.request("POST", f"{AUTH}/sign-out", headers=mine)).status == 204
        assert (await nobody.request("GET", f"{AUTH}/session", headers=mine)).status == 401


async def test_a_sign_out_counts_at_every_replica(suite):
    async with suite.client(None, submission=0) as one, suite.client(None, submission=1) as other:
        _, _, token = await person(one)
        assert (await one.request("POST", f"{AUTH}/sign-out", headers=bearer(token))).status == 204
        assert (await other.request("GET", f"{AUTH}/session", headers=bearer(token))).status == 401


async def test_a_browser_gets_a_cookie_that_no_script_sees(suite):
    async with suite.client(None) as nobody:
        name, user = await registered(nobody)
        got = await nobody.request("POST", f"{AUTH}/sign-in", {"login": name, "password": PASSWORD, "cookie": True})
        assert got.status == 200 and "access_token" not in got.json and got.headers["Cache-Control"] == "no-store"
        cookie = got.headers["Set-Cookie"]
        assert cookie.startswith("sluice_session=sls_")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        sent = {"Cookie": cookie.split(";")[0]}
        host = nobody.http_url[len("http://"):]
        read = await nobody.request("GET", f"{AUTH}/session", headers={**sent, "Origin": "https://evil.example"})
        assert read.json["user"]["id"] == user
        for bad in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Origin": f"http://{host}", "Sec-Fetch-Site": "cross-site"}):
            refused = await nobody.request("POST", "/api/v1/ws-tickets", headers={**sent, **bad})
            assert refused.status == 403 and refused.json["code"] == "forbidden", bad
        for good in ({}, {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}):
            assert (await nobody.request("POST", "/api/v1/ws-tickets", headers={**sent, **good})).status == 201
        out = await nobody.request("POST", f"{AUTH}/sign-out", headers=sent)
        assert out.status == 204 and "Max-Age=0" in out.headers["Set-Cookie"]
        assert (await nobody.request("GET", f"{AUTH}/session", headers=sent)).status == 401


async def test_a_page_of_another_site_cannot_sign_its_visitors_in(suite):
    async with suite.client(None) as nobody:
        name, _ = await registered(nobody)
        got = await nobody.request("POST", f"{AUTH}/sign-in", {"login": name, "password": PASSWORD, "cookie": True},
                                   {"Origin": "https://evil.example"})
        assert got.status == 403 and "Set-Cookie" not in got.headers


async def test_a_name_and_an_address_are_taken_once(suite):
    async with suite.client(None, submission=0) as one, suite.client(None, submission=1) as other:
        name = new_name()
        body = {"name": name, "email": f"{name}@example.org", "password": PASSWORD}
        got = await asyncio.gather(*(each.request("POST", f"{AUTH}/register", body) for each in (one, other, one, other)))
        assert sorted(each.status for each in got) == [201, 409, 409, 409]
        for same in ({"name": name.upper()}, {"email": body["email"].upper()}):
            got = await one.request("POST", f"{AUTH}/register", {**same, "password": PASSWORD})
            assert got.status == 409 and got.json["code"] == "account_exists"


async def test_unknown_and_wrong_are_answered_alike(suite):
    async with suite.client(None) as nobody:
        name, _ = await registered(nobody)
        answers = [await nobody.request("POST", f"{AUTH}/sign-in", {"login": login, "password": "wrong"})
                   for login in (name, new_name(), "nobody@example.org", "' or '1'='1' --", "x" * 5000, "a\0b")]
        assert {each.status for each in answers} == {401}
        bodies = [{k: v for k, v in each.json.items() if k != "correlation_id"} for each in answers]
        assert all(each == bodies[0] for each in bodies) and bodies[0]["code"] == "wrong_credentials"


BAD_BODIES = [
    ("not JSON", b"{", 400, "invalid_json", None),
    ("no object", b"[]", 400, "invalid_json", None),
    ("not UTF-8", b'{"name": "\xff\xfe", "password": "x"}', 400, "invalid_json", None),
    ("an unknown field", {"name": "a", "password": "x", "role": "admin"}, 400, "invalid_request", "role"),
    ("a number as a password", {"name": "a", "password": 12345}, 400, "invalid_request", "password"),
    ("no password", {"name": "a"}, 422, "invalid_field", "password"),
    ("an empty password", {"name": "a", "password": ""}, 422, "invalid_field", "password"),
    ("a password with NUL", {"name": "a", "password": "a\0b"}, 422, "invalid_field", "password"),
    ("a password of 4 KiB", {"name": "a", "password": "p" * 4096}, 422, "invalid_field", "password"),
    ("no name at all", {"password": PASSWORD}, 422, "invalid_field", "name"),
    ("a name of 4 KiB", {"name": "n" * 4096, "password": PASSWORD}, 422, "invalid_field", "name"),
    ("a name with NUL", {"name": "a\0b", "password": PASSWORD}, 422, "invalid_field", "name"),
    ("a name with a header", {"name": "a\r\nSet-Cookie: x=1", "password": PASSWORD}, 422, "invalid_field", "name"),
    ("a name with SQL", {"name": "a'; drop table users; --", "password": PASSWORD}, 422, "invalid_field", "name"),
    ("a name that looks like a path", {"name": "../../etc", "password": PASSWORD}, 422, "invalid_field", "name"),
    ("an address with a header", {"email": "a@b\r\nBcc: c@d", "password": PASSWORD}, 422, "invalid_field", "email"),
]


@pytest.mark.parametrize("what,body,status,code,field", BAD_BODIES, ids=[case[0].replace(" ", "-") for case in BAD_BODIES])
async def test_a_bad_registration_is_refused_by_name(suite, what, body, status, code, field):
    async with suite.client(None) as nobody:
        before = suite.sql("select count(*) from users")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        got = await nobody.request("POST", f"{AUTH}/register", data=data, headers={"Content-Type": "application/json"})
        assert got.status == status and got.headers["Content-Type"].startswith("application/problem+json"), got
        assert got.json["code"] == code and got.json["correlation_id"]
        if field:
            assert field in {each["field"] for each in got.json["errors"]}
        assert suite.sql("select count(*) from users") == before


async def test_a_body_that_is_too_large_or_no_json_type_is_refused(suite):
    async with suite.client(None) as nobody:
        got = await nobody.request("POST", f"{AUTH}/sign-in", data=b"x" * 100_000, headers={"Content-Type": "application/json"})
        assert got.status == 413
        got = await nobody.request("POST", f"{AUTH}/sign-in", data=b"login=a", headers={"Content-Type": "text/plain"})
        assert got.status == 415


async def test_expired_idle_and_forged_tokens_are_401(suite):
    async with suite.client(None) as nobody:
        for change in ("expires_at = now() - interval '1 second'", "last_used_at = now() - interval '8 days'"):
            name, user, token = await person(nobody)
            suite.sql(f"update access_tokens set {change} where user_id = '{user}'")
            for key in suite.redis("KEYS", "sluice:token:*").split():
                suite.redis("DEL", key)
            got = await nobody.request("GET", f"{AUTH}/session", headers=bearer(token))
            assert got.status == 401 and got.json["code"] == "unauthorized", change
        _, _, token = await person(nobody)
        flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
        for forged in (flipped, "sls_" + "A" * 43, "slk_" + "A" * 43, token[4:], "a" * 9000, "' or 1=1"):
            got = await nobody.request("GET", f"{AUTH}/session", headers=bearer(forged))
            assert got.status == 401, forged


async def test_sessions_are_listed_and_ended_by_their_owner_only(suite):
    async with suite.client(None) as nobody:
        name, _, first = await person(nobody)
        second = (await signed_in(nobody, name))["access_token"]
        _, _, stranger = await person(nobody)
        listed = (await nobody.request("GET", f"{AUTH}/sessions", headers=bearer(first))).json["items"]
        assert [each["is_current"] for each in listed] == [False, True]
        other = listed[0]["id"]
        theirs = await nobody.request("DELETE", f"{AUTH}/sessions/{other}", headers=bearer(stranger))
        unknown = await nobody.request("DELETE", f"{AUTH}/sessions/{uuid.uuid4()}", headers=bearer(stranger))
        assert theirs.status == unknown.status == 404 and theirs.json["detail"] == unknown.json["detail"]
        assert (await nobody.request("DELETE", f"{AUTH}/sessions/nonsense", headers=bearer(first))).status == 404
        assert (await nobody.request("GET", f"{AUTH}/session", headers=bearer(second))).status == 200
        assert (await nobody.request("DELETE", f"{AUTH}/sessions/{other}", headers=bearer(first))).status == 204
        assert (await nobody.request("GET", f"{AUTH}/session", headers=bearer(second))).status == 401
        third = (await signed_in(nobody, name))["access_token"]
        assert (await nobody.request("DELETE", f"{AUTH}/sessions", headers=bearer(first))).json == {"ended_sessions": 1}
        assert (await nobody.request("GET", f"{AUTH}/session", headers=bearer(third))).status == 401


async def test_a_changed_password_ends_the_other_sessions(suite):
    async with suite.client(None) as nobody:
        name, _, here = await person(nobody)
        there = (await signed_in(nobody, name))["access_token"]
        path, new = f"{AUTH}/password", "a quite different one"
        wrong = await nobody.request("PUT", path, {"current_password": "no", "new_password": new}, bearer(here))
        assert wrong.status == 401 and wrong.json["code"] == "wrong_credentials"
        done = await nobody.request("PUT", path, {"current_password": PASSWORD, "new_password": new}, bearer(here))
        assert done.status == 200 and done.json == {"ended_sessions": 1}
        assert (await nobody.request("GET", f"{AUTH}/session", headers=bearer(there))).status == 401
        assert (await nobody.request("GET", f"{AUTH}/session", headers=bearer(here))).status == 200
        old = await nobody.request("POST", f"{AUTH}/sign-in", {"login": name, "password": PASSWORD})
        assert old.status == 401
        await signed_in(nobody, name, new)


async def test_a_key_does_what_it_was_made_for(suite):
    async with suite.client(None, submission=0) as nobody, suite.client(None, submission=1) as other:
        _, user, token = await person(nobody)
        reader = await new_key(nobody, token, "read")
        worker = await new_key(nobody, token, "submit")
        assert reader["key"].startswith("slk_") and reader["last_used_at"] is None
        body = {"language": "bash", "source": "echo by key"}
        assert (await nobody.request("GET", "/api/v1/submissions", headers=bearer(reader["key"]))).status == 200
        refused = await nobody.request("POST", "/api/v1/submissions", body, bearer(reader["key"]))
        assert refused.status == 403 and "submit" in refused.json["detail"]
        assert (await nobody.request("POST", "/api/v1/submissions", body, bearer(worker["key"]))).status == 201
        assert (await nobody.request("GET", "/api/v1/submissions", headers=bearer(worker["key"]))).status == 403
        for method, path in (("GET", "keys"), ("POST", "keys"), ("GET", "sessions"), ("PUT", "password"), ("POST", "sign-out")):
            got = await nobody.request(method, f"{AUTH}/{path}", {} if method in ("POST", "PUT") else None, bearer(worker["key"]))
            assert got.status == 403, (method, path, got)
        listed = (await nobody.request("GET", f"{AUTH}/keys", headers=bearer(token))).json["items"]
        assert {each["id"] for each in listed} == {reader["id"], worker["id"]}
        assert reader["key"] not in json.dumps(listed)
        _, _, stranger = await person(nobody)
        path = f"{AUTH}/keys/{reader['id']}"
        assert (await nobody.request("DELETE", path, headers=bearer(stranger))).status == 404
        assert (await nobody.request("DELETE", path, headers=bearer(token))).status == 204
        for each in (nobody, other):
            assert (await each.request("GET", "/api/v1/submissions", headers=bearer(reader["key"]))).status == 401
        assert (await nobody.request("DELETE", path, headers=bearer(token))).status == 404


@pytest.mark.parametrize("body,status,field", [
    ({"name": "x", "scopes": ["root"]}, 422, "scopes"), ({"name": "x", "scopes": ["account"]}, 422, "scopes"),
    ({"name": "x", "scopes": ["read,submit"]}, 422, "scopes"), ({"name": "x", "scopes": []}, 422, "scopes"),
    ({"name": "x", "scopes": ["admin"]}, 422, "scopes"), ({"name": "x", "scopes": "read"}, 400, "scopes"),
    ({"name": "", "scopes": ["read"]}, 422, "name"), ({"name": "n" * 4096, "scopes": ["read"]}, 422, "name"),
    ({"name": "a\0b", "scopes": ["read"]}, 422, "name"), ({"name": "a\r\nb", "scopes": ["read"]}, 422, "name"),
    ({"name": "x", "scopes": ["read"], "expires_at": "yesterday"}, 422, "expires_at"),
    ({"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}, 422, "expires_at")],
    ids=lambda value: json.dumps(value)[:50] if isinstance(value, dict) else None)
async def test_a_bad_key_is_refused_by_name(suite, body, status, field):
    async with suite.client(None) as nobody:
        _, _, token = await person(nobody)
        got = await nobody.request("POST", f"{AUTH}/keys", body, bearer(token))
        assert got.status == status and field in {each["field"] for each in got.json["errors"]}, got
        assert (await nobody.request("GET", f"{AUTH}/keys", headers=bearer(token))).json == {"items": []}


async def test_configured_tokens_work_as_before_and_belong_to_no_account(suite):
    async with suite.client("alice") as alice:
        info = (await alice.request("GET", f"{AUTH}/session")).json
        assert info["user"] == {"id": "alice", "role": "user"} and info["session_id"] is None
        assert (await alice.request("POST", f"{AUTH}/keys", {"name": "x", "scopes": ["read"]})).status == 403
        assert (await alice.request("POST", f"{AUTH}/sign-out")).status == 403


async def refused(suite, **how):
    try:
        await (await websockets.connect(suite.websocket[0].url, **how)).close()
    except websockets.InvalidStatusCode as problem:
        return problem.status_code
    return None


async def test_the_websocket_takes_the_same_credentials(suite):
    async with suite.client(None) as nobody:
        _, user, token = await person(nobody)
        key = (await new_key(nobody, token, "read", "submit"))["key"]
        reader = (await new_key(nobody, token, "read"))["key"]
        for how in ({"headers": bearer(token)}, {"headers": {"Cookie": f"sluice_session={token}"}},
                    {"headers": bearer(key)}, {"subprotocols": ["sluice.v1", f"sluice.bearer.{key}"]}):
            assert (await nobody.listen(**how)).welcome["data"]["user_id"] == user, how
        assert await refused(suite, extra_headers=bearer(reader)) == 401
        assert await refused(suite, extra_headers=bearer("sls_" + "A" * 43)) == 401
        assert (await nobody.request("POST", f"{AUTH}/sign-out", headers=bearer(token))).status == 204
        assert await refused(suite, extra_headers=bearer(token)) == 401
        assert await refused(suite, extra_headers={"Cookie": f"sluice_session={token}"}) == 401


async def test_events_of_a_users_runs_come_over_his_websocket(suite):
    async with suite.client(None) as nobody:
        _, _, token = await person(nobody)
        events = await nobody.listen(headers=bearer(token))
        made = await nobody.submit("bash", "echo for me", headers=bearer(token))
        assert (await events.finished(made["id"]))["data"]["status"] == "accepted"


async def test_a_token_that_redis_lost_is_good_still(suite):
    async with suite.client(None) as nobody:
        _, _, token = await person(nobody)
        for key in suite.redis("KEYS", "sluice:token:*").split():
            suite.redis("DEL", key)
        assert await refused(suite, extra_headers=bearer(token)) == 401  # the WebSocket service has Redis alone
        assert (await nobody.request("GET", f"{AUTH}/session", headers=bearer(token))).status == 200
        assert await refused(suite, extra_headers=bearer(token)) is None


def create_admin(suite, **settings):
    environment = service_library.settings("submission", suite.servers, {}, vhost=suite.name, database=suite.name)
    environment.update({"SLUICE__AUTH__PASSWORDS__HASH_MEMORY": "1MiB", **settings})
    return subprocess.run([os.path.join(suite.build, "bin/sluice-submission"), "--create-admin"], cwd=ROOT, text=True,
                          env={**service_library.clean_environment(), **environment}, capture_output=True, timeout=60,
                          check=False)


async def test_the_first_admin_is_made_once_and_sees_everything(make_suite):
    suite = make_suite(settings={"submission": CHEAP}, submission=1, execution=1, notification=1)
    weak = create_admin(suite, SLUICE__ENVIRONMENT="production", SLUICE__AUTH__FIRST_ADMIN__PASSWORD="admin123")
    assert weak.returncode == 1 and "password" in weak.stderr
    made = create_admin(suite)
    assert made.returncode == 0 and made.stdout.startswith("made the administrator admin, password "), made
    password = made.stdout.split()[-1]
    again = create_admin(suite, SLUICE__AUTH__FIRST_ADMIN__NAME="other")
    assert again.returncode == 0 and again.stdout == "there is an administrator already\n"
    assert password not in suite.sql("select string_agg(u::text, ' ') from users u")
    async with suite.client(None) as nobody, suite.client("alice") as alice:
        admin = bearer((await signed_in(nobody, "admin", password))["access_token"])
        info = (await nobody.request("GET", f"{AUTH}/session", headers=admin)).json
        assert info["user"]["role"] == "admin" and info["is_admin"] is True
        theirs = await alice.submit("bash", "echo private", wait=20)
        path = f"/api/v1/submissions/{theirs['id']}"
        _, _, stranger = await person(nobody)
        assert (await nobody.request("GET", path, headers=bearer(stranger))).status == 404
        assert (await nobody.request("GET", path, headers=admin)).json["stdout"] == "private\n"
        listed = await nobody.request("GET", "/api/v1/submissions?user_id=alice", headers=admin)
        assert [each["id"] for each in listed.json["items"]] == [theirs["id"]]
        nosy = await nobody.request("GET", "/api/v1/submissions?user_id=alice", headers=bearer(stranger))
        assert nosy.json["items"] == []


async def test_an_account_is_shut_by_the_statements_of_the_document(make_suite):
    suite = make_suite(settings={"submission": CHEAP}, submission=1)
    with open(os.path.join(ROOT, "docs/operations.md"), encoding="utf-8") as file:
        statements = re.search(r"    begin;\n.*?    commit;\n", file.read(), re.DOTALL)[0]
    async with suite.client(None) as nobody:
        name, _, token = await person(nobody)
        _, _, other = await person(nobody)
        suite.sql(statements.replace("NAME", name))
        refused = await nobody.request("POST", f"{AUTH}/sign-in", {"login": name, "password": PASSWORD})
        assert refused.status == 401 and refused.json["code"] == "wrong_credentials"
        suite.submission[0].wait_for_event("revocations_made_up_for", timeout=20)
        assert (await nobody.request("GET", f"{AUTH}/session", headers=bearer(token))).status == 401
        assert (await nobody.request("GET", f"{AUTH}/session", headers=bearer(other))).status == 200


async def test_attempts_are_limited_by_account_and_address_whether_or_not_there_is_an_account(make_suite):
    suite = make_suite(submission=2, settings={"submission": {
        **CHEAP, "SLUICE__AUTH__ATTEMPTS__PER_ACCOUNT": "3", "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "12"}})
    async with suite.client(None, submission=0) as one, suite.client(None, submission=1) as other:
        name, _ = await registered(one)
        for login in (name, "no-such-user"):
            body = {"login": login, "password": "wrong"}
            got = [await each.request("POST", f"{AUTH}/sign-in", body) for each in (one, other, one, other)]
            assert [each.status for each in got] == [401, 401, 401, 429], login
            assert got[-1].json["code"] == "too_many_requests" and 0 < int(got[-1].headers["Retry-After"]) <= 300
        right = await other.request("POST", f"{AUTH}/sign-in", {"login": name, "password": PASSWORD})
        assert right.status == 429
        for _ in range(3):
            last = await one.request("POST", f"{AUTH}/sign-in", {"login": new_name(), "password": "wrong"})
        assert last.status == 429  # the address: twelve attempts, the registration among them


@pytest.mark.deadline(120)
async def test_a_flood_of_sign_ins_leaves_the_service_answering(make_suite):
    """As fast as 10,000 a minute and faster, with hashes that cost what they cost by default."""
    suite = make_suite(submission=1, settings={"submission": {
        "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "100000", "SLUICE__AUTH__PASSWORDS__MAX_WAITING": "8"}})
    async with suite.client(None) as flood, suite.client("alice") as alice:
        statuses, slowest, done = [], 0.0, asyncio.Event()

        async def attempt(number):
            got = await flood.request("POST", f"{AUTH}/sign-in", {"login": f"user-{number}", "password": "wrong"})
            statuses.append((got.status, got.headers.get("Retry-After")))

        async def watch():
            nonlocal slowest
            while not done.is_set():
                begun = time.monotonic()
                assert (await alice.request("GET", "/api/v1/limits")).status == 200
                slowest = max(slowest, time.monotonic() - begun)
        watching = asyncio.create_task(watch())
        await asyncio.gather(*(attempt(number) for number in range(500)))
        done.set()
        await watching
        kinds = {status for status, _ in statuses}
        assert kinds <= {401, 503} and 401 in kinds and 503 in kinds, kinds
        assert all(after for status, after in statuses if status == 503)
        assert slowest < 3, slowest


def test_production_refuses_what_is_safe_on_a_laptop_only(servers, run_folder):
    build = os.environ.get("SLUICE_BUILD", os.path.join(ROOT, "build/release"))
    checked = subprocess.run([os.path.join(build, "bin/sluice-submission"), "--check-config"], cwd=ROOT, text=True,
                             env={**service_library.clean_environment(), "SLUICE__ENVIRONMENT": "production",
                                  "SLUICE__HTTP__CORS_ORIGINS": '["*"]', "SLUICE__AUTH__FIRST_ADMIN__PASSWORD": "admin"},
                             capture_output=True, timeout=30, check=False)
    assert checked.returncode == 2
    for setting in ("auth.tokens", "rabbitmq.url", "http.cors_origins", "auth.passwords.strict", "secure_cookies",
                    "auth.first_admin.password"):
        assert setting in checked.stderr, (setting, checked.stderr)


async def test_the_curl_lines_of_the_document_work_as_written(suite, tmp_path):
    start = f"API={suite.submission[0].url}/api/v1\nADMIN=carol-token\n"
    out = await document.run(start + document.script_of(document.page("api/accounts.md")), tmp_path)
    assert '"stdout":"42\\n"' in out and '"ended_sessions":1' in out and '"name":"course builder"' in out, out
    assert '"disabled":true' in out and '"disabled":false' in out, out
    assert "sls_" in (tmp_path / "jar").read_text(encoding="utf-8")
