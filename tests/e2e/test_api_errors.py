"""Bad input gets a clear answer: which field, why, and what is allowed; and nothing is stored of it."""

import asyncio
import json
import socket

import pytest

PROBLEM = "application/problem+json"
CASES = [
    ("not JSON", b"{", 400, "invalid_json", None),
    ("no object", b"[]", 400, "invalid_json", None),
    ("an unknown field", {"language": "python3", "source": "1", "sorce": "2"}, 400, None, "sorce"),
    ("a wrong type", {"language": "python3", "source": 5}, 400, None, "source"),
    ("no source", {"language": "python3"}, 422, None, "source"),
    ("an unknown language", {"language": "klingon", "source": "1"}, 422, None, "language"),
    ("a limit over its maximum", {"language": "python3", "source": "1", "limits": {"memory_bytes": 1 << 60}}, 422, None,
     "limits.memory_bytes"),
    ("a negative limit", {"language": "python3", "source": "1", "limits": {"cpu_time_ms": -1}}, 422, None,
     "limits.cpu_time_ms"),
    ("a climbing file name", {"language": "python3", "files": [{"name": "../../etc/passwd", "content": ""}]}, 422, None,
     "files[0].name"),
    ("bad base64", {"language": "python3", "files": [{"name": "a.py", "content": "%%%", "encoding": "base64"}]}, 422,
     None, "files[0].content"),
    ("NUL in an argument", {"language": "python3", "source": "1", "args": ["a\0b"]}, 422, None, "args[0]"),
    ("a bad environment name", {"language": "python3", "source": "1", "env": {"A=B": "x"}}, 422, None, "env"),
]


@pytest.mark.parametrize("what,body,status,code,field", CASES, ids=[case[0].replace(" ", "-") for case in CASES])
async def test_a_bad_body_is_refused_by_name(suite, what, body, status, code, field):
    async with suite.client("alice") as alice:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        got = await alice.request("POST", "/api/v1/submissions", data=data, headers={"Content-Type": "application/json"})
        assert got.status == status, got
        assert got.headers["Content-Type"].startswith(PROBLEM)
        problem = got.json
        assert problem["status"] == status and problem["title"] and problem["correlation_id"]
        if code:
            assert problem["code"] == code
        if field:
            named = [each for each in problem["errors"] if each["field"].startswith(field)]
            assert named and named[0]["message"], problem


async def test_all_problems_are_told_at_once(suite):
    async with suite.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/submissions", {
            "language": "python3", "files": [{"name": "/abs", "content": ""}], "limits": {"processes": 0, "inodes": 1}})
        fields = {each["field"] for each in got.json["errors"]}
        assert {"files[0].name", "limits.processes", "limits.inodes"} <= fields
        maximum = next(each for each in got.json["errors"] if each["field"] == "limits.processes")["allowed"]
        assert any(char.isdigit() for char in maximum)


async def test_without_a_good_token_it_is_401(suite):
    async with suite.client(None) as nobody:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}):
            got = await nobody.request("GET", "/api/v1/submissions", headers=headers)
            assert got.status == 401 and got.json["code"] == "unauthorized"
            assert "WWW-Authenticate" in got.headers


async def test_anothers_submission_answers_like_an_unknown_one(suite):
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        made = await alice.submit("bash", "echo secret", wait=20)
        theirs = await bob.request("GET", f"/api/v1/submissions/{made['id']}")
        unknown = await bob.request("GET", "/api/v1/submissions/01900000-0000-7000-8000-000000000000")
        assert theirs.status == unknown.status == 404
        drop = ("correlation_id", "detail", "instance")
        strip = [{k: v for k, v in each.json.items() if k not in drop} for each in (theirs, unknown)]
        assert strip[0] == strip[1]
        assert (await bob.request("GET", "/api/v1/submissions/not-a-uuid")).status in (404, 422)


async def test_routes_methods_and_types_that_do_not_exist(suite):
    async with suite.client("alice") as alice:
        assert (await alice.request("GET", "/nope")).status == 404
        wrong = await alice.request("PUT", "/api/v1/submissions")
        assert wrong.status == 405 and "POST" in wrong.headers["Allow"]
        got = await alice.request("POST", "/api/v1/submissions", data=b"x", headers={"Content-Type": "text/plain"})
        assert got.status == 415


async def test_a_body_over_the_limit_is_413_and_a_header_431(suite):
    async with suite.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/submissions", data=b"x" * (20 << 20),
                                  headers={"Content-Type": "application/json"})
        assert got.status == 413
        got = await alice.request("GET", "/api/v1/limits", headers={"X-Long": "x" * 40_000})
        assert got.status == 431


async def test_an_idempotency_key_gives_the_same_submission_once(suite):
    async with suite.client("alice", submission=0) as one, suite.client("alice", submission=1) as other:
        headers = {"Idempotency-Key": "lesson-7"}
        body = {"language": "bash", "source": "echo once"}
        got = await asyncio.gather(*(each.request("POST", "/api/v1/submissions", body, headers)
                                     for each in (one, other, one, other)))
        assert {each.json["id"] for each in got} == {got[0].json["id"]}, got
        assert sorted(each.status for each in got) == [200, 200, 200, 201]
        conflict = await one.request("POST", "/api/v1/submissions", {**body, "stdin": "other"}, headers)
        assert conflict.status == 409 and conflict.json["code"] == "idempotency_conflict"
        async with suite.client("bob") as bob:
            theirs = await bob.request("POST", "/api/v1/submissions", body, headers)
            assert theirs.status == 201 and theirs.json["id"] != got[0].json["id"]


async def test_a_clients_correlation_id_goes_all_the_way(suite):
    wanted = "0b7e9d52-6c1f-4b9a-9a55-0e1d2c3b4a59"
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = await alice.submit("bash", "echo x", headers={"X-Correlation-Id": wanted})
        assert made["correlation_id"] == wanted
        assert (await events.finished(made["id"]))["correlation_id"] == wanted


async def test_pipelined_requests_are_answered_in_order(suite):
    host, _, port = suite.submission[0].url[len("http://"):].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = "Host: x\r\nAuthorization: Bearer alice-token\r\n"
    for path in ("/api/v1/limits", "/nope", "/openapi.json"):
        writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
    statuses = []
    for _ in range(3):
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        statuses.append(int(answer.split()[1]))
        length = int(next(line for line in answer.split("\r\n") if line.startswith("content-length:")).split(":")[1])
        await reader.readexactly(length)
    writer.close()
    assert statuses == [200, 404, 200]


async def test_a_slow_header_is_ended_and_hurts_nobody(make_suite):
    suite = make_suite(submission=1, settings={"submission": {"SLUICE__HTTP__HEADER_TIMEOUT": "300ms"}})
    host, _, port = suite.submission[0].url[len("http://"):].rpartition(":")
    with socket.create_connection((host, int(port)), 5) as slow:
        slow.sendall(b"GET /api/v1/limits HTTP/1.1\r\nHost: x\r\n")
        async with suite.client("alice") as alice:
            assert (await alice.request("GET", "/api/v1/limits")).status == 200
        answer = await asyncio.get_running_loop().run_in_executor(None, slow.recv, 4096)
        assert answer == b"" or b" 408 " in answer.split(b"\r\n")[0]


async def test_the_catalogue_limits_and_documents_are_there(suite):
    async with suite.client("alice") as alice:
        for worker in suite.execution:
            worker.wait_for_event("announced")
        languages = (await alice.request("GET", "/api/v1/languages")).json
        items = languages["items"] if isinstance(languages, dict) else languages
        known = {each["id"]: each for each in items}
        assert len(known) >= 20
        assert known["python3"]["available"] is True and known["python3"]["version"].startswith("3.")
        limits = (await alice.request("GET", "/api/v1/limits")).json
        assert "cpu_time_ms" in json.dumps(limits)
        document = (await alice.request("GET", "/openapi.json")).json
        assert document["openapi"].startswith("3.1")
        assert "/api/v1/submissions/{id}" in document["paths"]
        page = await alice.request("GET", "/docs")
        assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
