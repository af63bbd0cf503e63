"""A client of system D (docs/api/system-d.md) as its users wrote it: requests with a cookie jar, and its own names."""

import asyncio
import json
import re
import uuid

import aiohttp
import pytest

CHEAP = {"SLUICE__AUTH__PASSWORDS__HASH_MEMORY": "1MiB", "SLUICE__AUTH__PASSWORDS__HASH_ITERATIONS": "1",
         "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "100000"}


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return make_module_suite(settings={"submission": CHEAP}, submission=1, execution=1, notification=1, websocket=1)


class system_d_client:
    """Nothing but the base URL is ours."""

    def __init__(self, base):
        self.base = base

    async def __aenter__(self):
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def post(self, path, **body):
        async with self.session.post(self.base + path, json=body) as got:
            return got.status, await got.json(content_type=None)

    async def get(self, path):
        async with self.session.get(self.base + path) as got:
            return got.status, await got.json(content_type=None)

    async def signed_up(self, name=None, password="test1"):
        name = name or "d" + uuid.uuid4().hex[:10]
        assert (await self.post("/auth/register", username=name, password=password))[0] == 201
        assert (await self.post("/auth/login", username=name, password=password))[0] == 200
        return name

    async def ended(self, request_id):
        """As its front end did it: by asking again."""
        async def ask():
            while True:
                status, history = await self.get("/api/get_history")
                assert status == 200
                entry = next(each for each in history["data"] if each["RequestUUID"] == request_id)
                if entry["OutputResult"]["Valid"]:
                    return entry
        return await asyncio.wait_for(ask(), 30)


async def test_register_log_in_run_and_look(suite):
    async with system_d_client(suite.submission[0].url) as one:
        status, made = await one.post("/auth/register", username="test1", password="test1")
        assert status == 201, made
        assert (await one.post("/auth/login", username="test1", password="test1"))[0] == 200
        cookie = next(each for each in one.session.cookie_jar if each.key == "token")
        assert cookie.value and cookie["httponly"] and cookie["samesite"] == "Lax"
        status, run = await one.post("/api/run_code", language="python", content="print(1 + 1)")
        assert status == 200 and uuid.UUID(run["RequestUUID"])
        status, history = await one.get("/api/get_history")
        assert status == 200 and [each["RequestUUID"] for each in history["data"]] == [run["RequestUUID"]]
        entry = await one.ended(run["RequestUUID"])
        assert set(entry) == {"UserID", "InstanciationTS", "RequestUUID", "CodeContent", "WorkerStatus", "OutputResult"}
        assert type(entry["UserID"]) is int and entry["UserID"] == made["UserID"] > 0
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", entry["InstanciationTS"])
        assert entry["CodeContent"] == "print(1 + 1)"
        assert entry["WorkerStatus"] == {"String": "success", "Valid": True}
        assert entry["OutputResult"] == {"String": "2\n", "Valid": True}
        assert await one.get("/api/get_last_request") == (200, entry)
        _, failing = await one.post("/api/run_code", language="python", content="1 / 0")
        failed = await one.ended(failing["RequestUUID"])
        assert failed["WorkerStatus"]["String"] == "runtime_error" and "ZeroDivisionError" in failed["OutputResult"]["String"]
        _, history = await one.get("/api/get_history")
        assert [each["RequestUUID"] for each in history["data"]] == [failing["RequestUUID"], run["RequestUUID"]]


async def test_what_waits_is_pending_and_has_no_output(make_suite):
    suite = make_suite(settings={"submission": CHEAP}, submission=1, notification=1)
    async with system_d_client(suite.submission[0].url) as one:
        await one.signed_up()
        await one.post("/api/run_code", language="python", content="print(1)")
        _, entry = await one.get("/api/get_last_request")
        assert entry["WorkerStatus"] == {"String": "pending", "Valid": True}
        assert entry["OutputResult"] == {"String": "", "Valid": False}


async def test_the_history_is_kept_until_something_changes(suite):
    async with system_d_client(suite.submission[0].url) as one:
        name = await one.signed_up()
        _, run = await one.post("/api/run_code", language="python", content="print('here')")
        entry = await one.ended(run["RequestUUID"])
        user = suite.sql(f"select id from users where name = '{name}'")
        before = await one.get("/api/get_history")
        assert suite.redis("EXISTS", f"sluice:history:text:{user}") == "1"
        # What nobody told of is not seen: it came from the copy.
        suite.sql(f"delete from submissions where id = '{run['RequestUUID']}'")
        assert await one.get("/api/get_history") == before
        _, other = await one.post("/api/run_code", language="python", content="print('there')")
        _, after = await one.get("/api/get_history")
        assert [each["RequestUUID"] for each in after["data"]] == [other["RequestUUID"]] != [entry["RequestUUID"]]
        await one.ended(other["RequestUUID"])
        # Through another door.
        status, native = await one.post("/auth/login", username=name, password="test1")
        assert status == 200 and native
        token = next(each.value for each in one.session.cookie_jar if each.key == "token")
        async with suite.client(None) as nobody:
            gone = await nobody.request("DELETE", f"/api/v1/submissions/{other['RequestUUID']}?purge=true",
                                        headers={"Authorization": f"Bearer {token}"})
            assert gone.status == 204, gone
        assert (await one.get("/api/get_history"))[1] == {"data": []}
        assert (await one.get("/api/get_last_request"))[0] == 404


async def test_who_is_not_signed_in_gets_nothing(suite):
    async with system_d_client(suite.submission[0].url) as one, system_d_client(suite.submission[0].url) as other:
        name = await one.signed_up()
        for path in ("/api/get_history", "/api/get_last_request"):
            assert (await other.get(path))[0] == 401
        assert (await other.post("/api/run_code", language="python", content="x"))[0] == 401
        assert (await other.post("/auth/register", username=name, password="other"))[0] == 409
        assert (await other.post("/auth/login", username=name, password="wrong"))[0] == 401
        assert (await other.post("/auth/login", username=name))[0] == 422
        other.session.cookie_jar.update_cookies({"token": "sls_forged"})
        assert (await other.get("/api/get_history"))[0] == 401
        await one.post("/api/run_code", language="python", content="print('secret')")
        await other.signed_up()
        assert (await other.get("/api/get_history"))[1] == {"data": []}


async def test_bad_programs_and_bytes_are_answered_clearly(suite):
    async with system_d_client(suite.submission[0].url) as one:
        await one.signed_up()
        for body in ({"language": "no such", "content": "x"}, {"language": "python"}, {"content": "x"}):
            status, answer = await one.post("/api/run_code", **body)
            assert status == 422 and answer["errors"], (body, answer)
        assert (await one.post("/api/run_code", language="python", content=1))[0] == 400
        _, run = await one.post("/api/run_code", language="bash", content="printf '\\377\\0x'")
        assert "x" in (await one.ended(run["RequestUUID"]))["OutputResult"]["String"]
        for site in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            async with one.session.post(one.base + "/api/run_code", headers=site,
                                        data=json.dumps({"language": "bash", "content": "true"})) as got:
                assert got.status == 403


async def test_without_the_setting_there_is_no_system_d(make_suite):
    suite = make_suite(settings={"submission": {**CHEAP, "SLUICE__COMPATIBILITY__SYSTEM_D": "false"}}, submission=1)
    async with system_d_client(suite.submission[0].url) as one:
        assert (await one.post("/auth/register", username="test1", password="test1"))[0] == 404
        assert (await one.get("/api/get_history"))[0] == 404
        async with one.session.get(one.base + "/login") as page:
            assert page.status == 200
