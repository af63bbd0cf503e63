"""What was opened with a token ends with it: WebSocket connections after a sign-out, a revocation, a new password, of a
disabled account, of a token that expired or left the configuration, at whatever node they are."""

import asyncio
import datetime
import hashlib
import json
import os
import time
import uuid

import pytest
import websockets

CHEAP = {"SLUICE__AUTH__PASSWORDS__HASH_MEMORY": "1MiB", "SLUICE__AUTH__PASSWORDS__HASH_ITERATIONS": "1",
         "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "100000", "SLUICE__AUTH__ADMINS": '["carol"]'}
PASSWORD = "correct horse battery"
AUTH = "/api/v1/auth"
REVOKED = 1008


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return make_module_suite(settings={"submission": CHEAP}, submission=2, execution=1, notification=1, websocket=2)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


class person:
    """An account; `session()` signs in, `key()` makes an API key."""

    def __init__(self, client):
        self.client, self.name = client, "user-" + uuid.uuid4().hex[:12]

    async def registered(self):
        made = await self.client.request("POST", f"{AUTH}/register", {"name": self.name, "password": PASSWORD})
        assert made.status == 201, made
        self.id = made.json["user"]["id"]
        return self

    async def session(self, status=200):
        got = await self.client.request("POST", f"{AUTH}/sign-in", {"login": self.name, "password": PASSWORD})
        assert got.status == status, got
        return got.json.get("access_token"), got.json.get("session_id", got.json.get("code"))

    async def key(self, token):
        made = await self.ask("POST", f"{AUTH}/keys", token, {"name": uuid.uuid4().hex, "scopes": ["read", "submit"]}, 201)
        return made["key"], made["id"]

    async def ask(self, method, path, token, body=None, status=200):
        got = await self.client.request(method, path, body, bearer(token))
        assert got.status == status, got
        return got.json if got.text else None

    async def listen(self, token, node=None):
        return await self.client.listen(url=node.url if node else None, headers=bearer(token))

    async def listen_by_ticket(self, token):
        ticket = (await self.ask("POST", "/api/v1/ws-tickets", token, status=201))["ticket"]
        return await self.client.listen(ticket=ticket)


async def new_person(client):
    return await person(client).registered()


async def is_alive(listener):
    return (await listener.call("ping", uuid.uuid4().hex))["type"] == "ack"


async def closed(*listeners):
    """All of them, within two seconds, for this reason."""
    codes = await asyncio.gather(*(each.wait_closed(2) for each in listeners))
    assert set(codes) == {REVOKED}, codes
    assert all("revoked" in each.socket.close_reason for each in listeners)


async def test_a_sign_out_closes_what_the_session_opened_at_every_node(suite):
    async with suite.client(None, submission=0) as client, suite.client(None, submission=1) as other:
        one = await new_person(client)
        ending, _ = await one.session()
        staying, _ = await one.session()
        opened = [await one.listen(ending, node) for node in suite.websocket] + [await one.listen_by_ticket(ending)]
        kept = await one.listen(staying)
        assert (await other.request("POST", f"{AUTH}/sign-out", headers=bearer(ending))).status == 204
        await closed(*opened)
        assert await is_alive(kept)
        made = await client.submit("bash", "echo still", headers=bearer(staying))
        await kept.finished(made["id"])
        assert not any(each.events(made["id"]) for each in opened)


async def test_a_session_that_is_ended_by_its_owner_closes(suite):
    async with suite.client(None) as client:
        one = await new_person(client)
        mine, _ = await one.session()
        lost, lost_id = await one.session()
        opened = await one.listen(lost)
        await one.ask("DELETE", f"{AUTH}/sessions/{lost_id}", mine, status=204)
        await closed(opened)
        others = [await one.listen((await one.session())[0]) for _ in range(2)]
        kept = await one.listen(mine)
        await one.ask("DELETE", f"{AUTH}/sessions", mine)
        await closed(*others)
        assert await is_alive(kept)


async def test_a_revoked_key_closes_what_it_opened_and_no_other(suite):
    async with suite.client(None) as client:
        one = await new_person(client)
        session, _ = await one.session()
        key, key_id = await one.key(session)
        other, _ = await one.key(session)
        opened = [await one.listen(key), await one.listen_by_ticket(key)]
        kept = [await one.listen(other), await one.listen(session)]
        await one.ask("DELETE", f"{AUTH}/keys/{key_id}", session, status=204)
        await closed(*opened)
        for each in kept:
            assert await is_alive(each)


async def test_a_new_password_closes_the_other_sessions_and_leaves_keys(suite):
    async with suite.client(None) as client:
        one = await new_person(client)
        mine, _ = await one.session()
        other, _ = await one.session()
        key, _ = await one.key(mine)
        opened, kept = await one.listen(other), [await one.listen(mine), await one.listen(key)]
        await one.ask("PUT", f"{AUTH}/password", mine, {"current_password": PASSWORD, "new_password": "a quite different one"})
        await closed(opened)
        for each in kept:
            assert await is_alive(each)


async def test_a_ticket_is_worth_nothing_once_its_maker_is_revoked(suite):
    async with suite.client(None) as client:
        one = await new_person(client)
        token, _ = await one.session()
        ticket = (await one.ask("POST", "/api/v1/ws-tickets", token, status=201))["ticket"]
        await one.ask("POST", f"{AUTH}/sign-out", token, status=204)
        with pytest.raises(websockets.InvalidStatusCode) as refused:
            await client.listen(ticket=ticket)
        assert refused.value.status_code == 401


async def test_a_revocation_that_came_while_redis_was_cut_off_counts_afterwards(make_suite):
    suite = make_suite(settings={"submission": CHEAP}, submission=1, websocket=1)
    async with suite.client(None) as client:
        one = await new_person(client)
        mine, _ = await one.session()
        lost, lost_id = await one.session()
        opened, kept = await one.listen(lost), await one.listen(mine)
        node = suite.websocket[0]
        node.pause()  # it hears nothing; its connections to Redis are cut meanwhile
        try:
            await one.ask("DELETE", f"{AUTH}/sessions/{lost_id}", mine, status=204)
            suite.redis("CLIENT", "KILL", "USER", "websocket")
        finally:
            node.resume()
        assert await opened.wait_closed(10) == REVOKED
        assert await is_alive(kept)


# -- tokens that end by themselves --------------------------------------------------------------------


async def expired(listener, seconds):
    assert await listener.wait_closed(seconds) == REVOKED
    assert "expired" in listener.socket.close_reason


async def test_a_key_that_expires_closes_what_it_opened_and_no_other(suite):
    async with suite.client(None) as client:
        one = await new_person(client)
        session, _ = await one.session()
        ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
        made = await one.ask("POST", f"{AUTH}/keys", session, {"name": "short", "scopes": ["read", "submit"],
                                                               "expires_at": ends.isoformat()}, 201)
        opened = [await one.listen(made["key"], node) for node in suite.websocket] + [await one.listen_by_ticket(made["key"])]
        kept = await one.listen(session)
        for each in opened:
            assert await is_alive(each)
        await asyncio.gather(*(expired(each, 6) for each in opened))
        assert datetime.datetime.now(datetime.timezone.utc) >= ends
        assert await is_alive(kept)
        with pytest.raises(websockets.InvalidStatusCode):
            await one.listen(made["key"])


async def test_a_session_ends_when_it_was_not_used_and_goes_on_when_it_was(make_suite):
    suite = make_suite(settings={"submission": {**CHEAP, "SLUICE__AUTH__SESSIONS__IDLE": "4s"}}, submission=1, websocket=1)
    async with suite.client(None) as client:
        one = await new_person(client)
        used, _ = await one.session()
        unused, _ = await one.session()
        going_on, ending = await one.listen(used), await one.listen_by_ticket(unused)
        # what the submission service does every half minute for the sessions that were used
        assert suite.redis("PEXPIRE", f"sluice:token:{digest(used)}", "9000") in ("1", 1)
        began = time.monotonic()
        await expired(ending, 8)
        assert await is_alive(going_on)
        await expired(going_on, 12)
        assert time.monotonic() - began > 6


async def test_a_session_ends_with_its_lifetime_however_often_it_is_used(make_suite):
    suite = make_suite(settings={"submission": {**CHEAP, "SLUICE__AUTH__SESSIONS__LIFETIME": "3s"}}, submission=1, websocket=1)
    async with suite.client(None) as client:
        one = await new_person(client)
        token, _ = await one.session()
        opened = await one.listen(token)
        suite.redis("PEXPIRE", f"sluice:token:{digest(token)}", "60000")
        await expired(opened, 6)


# -- tokens of the configuration ----------------------------------------------------------------------


def with_token_file(suite, service, tokens):
    """A service whose auth.tokens stand in a file; returns it, and what replaces the file."""
    path = os.path.join(suite.log_folder, f"{service}.yaml")

    def write(tokens):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write("auth:\n  tokens: " + json.dumps(tokens) + "\n")
        os.rename(path + ".new", path)
    write(tokens)
    made = suite.make(service)
    made.environment.pop("SLUICE__AUTH__TOKENS", None)
    made.arguments = ["--config", path]
    suite.group.start([made])
    suite._watch()
    return made, write


async def test_a_token_that_the_websocket_service_no_longer_has_closes(make_suite):
    suite = make_suite(submission=1)
    node, write = with_token_file(suite, "websocket", {"alice-token": "alice", "bob-token": "bob"})
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        gone, kept = await alice.listen(), await bob.listen()
        write({"bob-token": "bob"})
        await closed(gone)
        assert await is_alive(kept)
        node.wait_for_event("setting_changed", setting="auth.tokens")
        with pytest.raises(websockets.InvalidStatusCode):
            await alice.listen()
        write({"bob-token": "bob", "alice-token": "alice"})
        node.wait_for_event("setting_changed", setting="auth.tokens", count=2)
        assert await is_alive(await alice.listen())


async def test_a_token_that_the_submission_service_no_longer_has_closes_at_every_node(make_suite):
    suite = make_suite(websocket=2)
    front, write = with_token_file(suite, "submission", {"alice-token": "alice", "bob-token": "bob"})
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        ticket = (await alice.request("POST", "/api/v1/ws-tickets")).json["ticket"]
        late = (await alice.request("POST", "/api/v1/ws-tickets")).json["ticket"]
        opened = [await alice.listen(url=node.url) for node in suite.websocket] + [await alice.listen(ticket=ticket)]
        kept = await bob.listen()
        write({"bob-token": "bob"})
        await closed(*opened)
        assert await is_alive(kept)
        with pytest.raises(websockets.InvalidStatusCode):
            await alice.listen(ticket=late)
        write({"bob-token": "bob", "alice-token": "alice"})
        front.wait_for_event("configured_tokens_withdrawn", count=2)
        assert await is_alive(await alice.listen())


# -- accounts that are disabled -----------------------------------------------------------------------


async def set_disabled(suite, user, is_disabled, status=200):
    async with suite.client("carol", submission=1 % len(suite.submission)) as carol:
        got = await carol.request("PUT", f"/api/v1/admin/users/{user}", {"disabled": is_disabled})
        assert got.status == status, got
        return got.json


async def test_a_disabled_account_is_let_in_nowhere_and_loses_nothing(suite):
    async with suite.client(None) as client:
        one = await new_person(client)
        session, _ = await one.session()
        key, _ = await one.key(session)
        made = await client.submit("bash", "echo mine", wait=20, headers=bearer(key))
        opened = [await one.listen(session), await one.listen(key, suite.websocket[1]), await one.listen_by_ticket(key)]
        done = await set_disabled(suite, one.id, True)
        assert done["disabled"] is True and done["disabled_at"] and done["user"]["name"] == one.name
        await closed(*opened)

        async def until_refused(token):  # another process remembers a good token for two seconds at most
            while (got := await client.request("GET", f"{AUTH}/session", headers=bearer(token))).status == 200:
                pass
            assert got.status == 401, got
        for token in (session, key):
            await asyncio.wait_for(until_refused(token), 5)
            with pytest.raises(websockets.InvalidStatusCode):
                await one.listen(token)
        assert (await one.session(status=401))[1] == "wrong_credentials"
        assert await set_disabled(suite, one.name, True) == done, "once more changes nothing"
        done = await set_disabled(suite, one.name, False)
        assert (done["disabled"], done["disabled_at"]) == (False, None)

        async def until_let_in(token):
            while (got := await client.request("GET", f"/api/v1/submissions/{made['id']}", headers=bearer(token))).status == 401:
                pass
            assert got.status == 200 and got.json["stdout"] == "mine\n", got
        for token in (session, key):
            await asyncio.wait_for(until_let_in(token), 5)
            assert await is_alive(await one.listen(token))
        await one.session()


async def test_disabling_is_for_administrators_and_in_the_audit(suite):
    async with suite.client(None) as client, suite.client("carol") as carol:
        one = await new_person(client)
        session, _ = await one.session()
        path = f"/api/v1/admin/users/{one.id}"
        await one.ask("PUT", path, session, {"disabled": True}, 403)
        await one.ask("GET", path, session, status=403)
        for body, status in (({}, 422), ({"disabled": "yes"}, 400), ({"disabled": True, "why": "x"}, 400)):
            got = await carol.request("PUT", path, body)
            assert got.status == status, got
        found = await carol.request("GET", path)
        assert found.json == {"user": found.json["user"], "disabled": False, "disabled_at": None}
        assert found.json["user"]["id"] == one.id
        await set_disabled(suite, one.id, True)
        await set_disabled(suite, one.id, False)
        audit = (await carol.request("GET", "/api/v1/admin/audit?limit=20")).json["items"]
        mine = [(each["actor"], each["action"], each["outcome"]) for each in audit if each["target"] == f"user/{one.id}"]
        assert mine == [("carol", "enable", "applied"), ("carol", "disable", "applied")]


async def test_an_administrator_cannot_disable_himself(suite):
    async with suite.client(None) as client:
        one = await new_person(client)
        suite.sql(f"update users set role = 'admin' where id = '{one.id}'")
        token, _ = await one.session()
        refused = await one.ask("PUT", f"/api/v1/admin/users/{one.name}", token, {"disabled": True}, 409)
        assert refused["code"] == "conflict"


async def test_a_sign_in_at_the_moment_of_disabling_leaves_no_good_token(suite):
    async with suite.client(None) as client:
        one = await new_person(client)

        async def sign_in():
            got = await client.request("POST", f"{AUTH}/sign-in", {"login": one.name, "password": PASSWORD})
            return got.json.get("access_token")
        signing = [asyncio.create_task(sign_in()) for _ in range(12)]
        await asyncio.wait(signing, return_when=asyncio.FIRST_COMPLETED)
        await set_disabled(suite, one.id, True)
        tokens = [each for each in await asyncio.gather(*signing) if each]
        rows = suite.sql(f"select count(*) from access_tokens where user_id = '{one.id}'")
        assert int(rows) == len(tokens)
        for token in tokens:
            async def until_refused():
                while (await client.request("GET", f"{AUTH}/session", headers=bearer(token))).status == 200:
                    pass
            await asyncio.wait_for(until_refused(), 5)
            assert suite.redis("GET", f"sluice:token:{digest(token)}") in ("revoked", "")
