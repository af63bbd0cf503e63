"""What no client should send, sent to every route that could take it: text that is no UTF-8, numbers that are none or too
large, SQL and header lines where a name is wanted, ids of somebody else. Each is refused in words or taken as the plain
text that it is; nothing is lost by it. What single features refuse stands in their own files."""

import asyncio
import json
import urllib.parse
import uuid

import pytest

from support import route_log

ALL = route_log.operations()
SUBMISSIONS = "/api/v1/submissions"
PASSWORD = "correct horse battery"
CHEAP = {"SLUICE__AUTH__PASSWORDS__HASH_MEMORY": "1MiB", "SLUICE__AUTH__PASSWORDS__HASH_ITERATIONS": "1",
         "SLUICE__AUTH__ADMINS": '["carol"]', "SLUICE__WEBHOOKS__ENABLED": "true",
         "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "10000", "SLUICE__HISTORY__FULL_TEXT": "true"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return make_module_suite(settings={"submission": CHEAP}, submission=1)


def has_json_body(one):
    return "application/json" in one.facts.get("requestBody", {}).get("content", {})


def filled(path, value):
    """The path with this value for every parameter."""
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))


def errors_of(got, status=422):
    assert got.status == status and got.headers["Content-Type"].startswith("application/problem+json"), got
    return {each["field"]: each for each in got.json["errors"]}


async def raw(suite, request):
    """The answer to these bytes; for what no client library would send."""
    address = urllib.parse.urlsplit(suite.submission[0].url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    got = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return got.decode("latin-1")


# -- text that is no UTF-8 ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"],
                         ids=["no-utf8", "cut-off", "surrogate", "above-unicode"])
async def test_every_route_that_takes_json_refuses_text_that_is_no_utf8(suite, bad):
    async with suite.client("carol") as carol:
        for one in filter(has_json_body, ALL):
            body = b'{"name": "' + bad + b'", "login": "a", "source": "' + bad + b'"}'
            got = await carol.request(one.method, filled(one.path, str(uuid.uuid4())), headers=JSON, data=body)
            assert got.status == 400, (one.name(), got)


async def test_no_route_breaks_on_a_path_or_query_that_is_no_utf8(suite):
    async with suite.client("carol") as carol:
        for one in ALL:
            if one.method not in ("GET", "DELETE"):
                continue
            for bad in ("%FF%FE", "%C3", "%00", "%ED%A0%80"):
                for target in {filled(one.path, bad), f"{one.path}?cursor={bad}&status={bad}&language={bad}&q={bad}&id={bad}"}:
                    if "{" in target or one.path in ("/api/signout", "/v1/job/search"):
                        continue
                    url = f"{suite.submission[0].url}{target}"
                    got = await raw(suite, f"{one.method} {urllib.parse.urlsplit(url)._replace(scheme='', netloc='').geturl()} HTTP/1.1\r\n"
                                    "Host: x\r\nAuthorization: Bearer carol-token\r\nConnection: close\r\n\r\n".encode())
                    status = int(got.split()[1])
                    assert status < 500, (one.name(), target, got)


async def test_program_text_that_is_no_utf8_comes_as_base64_or_not_at_all(suite):
    async with suite.client("alice") as alice:
        program = {"language": "bash", "source": "true"}
        for field in ("stdin", "source"):
            got = await alice.request("POST", SUBMISSIONS, headers=JSON,
                                      data=json.dumps({**program, field: "\0"}).replace("\\u0000", "\udcff").encode("utf-8", "surrogateescape"))
            assert got.status == 400 and got.json["code"] == "invalid_json", got
        made = await alice.submit("bash", "true", stdin="/w==", stdin_encoding="base64")
        assert made["status"] == "queued"


@pytest.mark.parametrize("name", ["X-Correlation-Id", "Idempotency-Key", "Authorization", "Cookie", "Origin", "X-Forwarded-For",
                                  "traceparent", "Accept", "User-Agent", "Last-Event-ID"])
async def test_a_header_that_is_no_text_breaks_nothing_and_is_not_echoed(suite, name):
    body = json.dumps({"language": "bash", "source": "true"})
    head = f"POST {SUBMISSIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    who = "" if name == "Authorization" else "Authorization: Bearer alice-token\r\n"
    got = await raw(suite, (head + who + f"{name}: ").encode() + b"\xff\xfe\x80" + f"\r\n\r\n{body}".encode())
    assert int(got.split()[1]) in (201, 400, 401, 422), got
    assert "\xff\xfe" not in got, got
    json.loads(got.partition("\r\n\r\n")[2].encode("latin-1").decode())  # what comes back is UTF-8


# -- numbers ---------------------------------------------------------------------------------------------------


async def limit_table(user):
    got = await user.request("GET", "/api/v1/limits")
    assert got.status == 200, got
    return got.json["limits"]


async def test_every_limit_above_its_maximum_names_the_maximum(suite):
    async with suite.client("alice") as alice:
        table = await limit_table(alice)
        assert len(table) >= 10, table
        for limit in table:
            for above in (limit["maximum"] + 1, 2 ** 63 - 1):
                got = await alice.request("POST", SUBMISSIONS, {"language": "bash", "source": "true", "limits": {limit["name"]: above}})
                told = errors_of(got)[f"limits.{limit['name']}"]
                assert str(limit["maximum"]) in told["allowed"], (limit, told)


@pytest.mark.parametrize("value", ['"1000"', "1.5", "1e3", "true", "null", "[]", "{}", "NaN", "Infinity", "0x10", "1_000",
                                   "9223372036854775808", "-9223372036854775809", "1e400", "123456789012345678901234567890"])
async def test_what_is_no_whole_number_is_refused_by_the_name_of_its_limit(suite, value):
    async with suite.client("alice") as alice:
        before = suite.sql("select count(*) from submissions")
        for limit in await limit_table(alice):
            body = f'{{"language": "bash", "source": "true", "limits": {{"{limit["name"]}": {value}}}}}'
            got = await alice.request("POST", SUBMISSIONS, headers=JSON, data=body.encode())
            assert got.status in (400, 422), (limit, got)
            if got.json["code"] != "invalid_json":
                assert [each["field"] for each in got.json["errors"]] == [f"limits.{limit['name']}"], got
        assert suite.sql("select count(*) from submissions") == before


@pytest.mark.parametrize("value", [-1, -2 ** 31, -2 ** 63, 0])
async def test_a_limit_below_its_least_value_is_refused_with_it(suite, value):
    async with suite.client("alice") as alice:
        for limit in await limit_table(alice):
            if value >= limit["minimum"]:
                continue
            got = await alice.request("POST", SUBMISSIONS, {"language": "bash", "source": "true", "limits": {limit["name"]: value}})
            told = errors_of(got)[f"limits.{limit['name']}"]
            assert str(limit["minimum"]) in told["allowed"], (limit, told)


@pytest.mark.parametrize("query", ["limit=-1", "limit=0", "limit=1e1", "limit=%2010", "limit=99999999999999999999", "limit=x", "limit="])
async def test_a_size_of_a_page_that_is_none_is_refused(suite, query):
    async with suite.client("alice") as alice:
        for path in (SUBMISSIONS, "/api/v1/uploads", "/api/v1/webhook-deliveries", f"/api/v1/batches/{uuid.uuid4()}"):
            assert "limit" in errors_of(await alice.request("GET", f"{path}?{query}")), path


async def test_a_cursor_that_is_not_ours_is_refused_at_every_list(suite):
    async with suite.client("alice") as alice:
        for path in (SUBMISSIONS, "/api/v1/uploads", "/api/v1/webhook-deliveries", f"/api/v1/batches/{uuid.uuid4()}"):
            for cursor in ("x", "AAAA", "' or 1=1 --", "MDAwMDAwMDAt", "A" * 4000):
                told = errors_of(await alice.request("GET", f"{path}?cursor={urllib.parse.quote(cursor)}"))
                assert told["cursor"]["allowed"], (path, cursor)


# -- SQL, paths and header lines where a name is wanted -------------------------------------------------------------

INJECTIONS = ["'; drop table submissions; --", "' or '1'='1", "\\'; select pg_sleep(30); --", "$1", "${jndi:ldap://x/}", "%s%n",
              "../../../etc/passwd", "a\r\nX-Injected: yes", "<script>alert(1)</script>", "\u202e\u0000x", "x" * 4096]


def tables(suite):
    return suite.sql("select string_agg(table_name, ',' order by table_name) from information_schema.tables "
                     "where table_schema in ('public', 'system_a')")


@pytest.mark.parametrize("text", INJECTIONS, ids=[str(number) for number in range(len(INJECTIONS))])
async def test_an_injection_is_text_or_refused_and_touches_nothing(suite, text):
    async with suite.client("alice") as alice, suite.client("carol") as carol:
        kept = await alice.submit("bash", "true # kept")
        before = tables(suite)
        quoted = urllib.parse.quote(text, safe="")
        targets = [f"{SUBMISSIONS}?{name}={quoted}" for name in
                   ("status", "language", "q", "cursor", "correlation_id", "created_after", "created_before", "limit")]
        targets += [f"{path}/{quoted}" for path in (SUBMISSIONS, "/api/v1/batches", "/api/v1/uploads", "/api/v1/webhook-deliveries")]
        targets += [f"/api/v1/admin/users/{quoted}/quotas"]
        if "\0" in text:  # refused before there is a route
            for target in targets:
                got = await raw(suite, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                assert got.startswith("HTTP/1.1 400") and "the request target is malformed" in got, got
            targets = []
        asked = [carol.request("GET", target) for target in targets]
        asked += [alice.request("POST", SUBMISSIONS, {"language": text, "source": "true"}),
                  alice.request("POST", SUBMISSIONS, {"language": "bash", "files": [{"name": text, "content": "true"}]}),
                  alice.request("POST", "/api/v1/auth/sign-in", {"login": text, "password": text}),
                  alice.request("POST", "/api/v1/auth/register", {"name": text, "password": PASSWORD}),
                  alice.request("POST", "/auth/login", {"username": text, "password": text}),
                  alice.request("POST", "/api/auth/signin", {"formFields": [{"id": "email", "value": text},
                                                                            {"id": "password", "value": text}]}),
                  alice.request("POST", "/api/run_code", {"language": text, "content": "true"})]
        for got in await asyncio.gather(*asked):
            assert got.status < 500, got
            assert "X-Injected" not in got.headers and "syntax error" not in got.text, got
        # Where any text is allowed it is taken as it is.
        made = await alice.submit("bash", text, stdin=text, args=[] if "\0" in text else [text])
        assert (await alice.get(made["id"]))["id"] == made["id"]
        assert tables(suite) == before
        assert (await alice.get(kept["id"]))["status"] == "queued"


@pytest.mark.parametrize("line", [b"X-A: b\rSet-Cookie: x=1", b"X-A: b\0c", b"X A: b", b"X-A : b", b": b", b"X-A",
                                  b"Content-Length: 1\r\nContent-Length: 2", b"Content-Length: -1", b"Content-Length: 1e3",
                                  b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked\r\nContent-Length: 4"],
                         ids=["bare-CR", "NUL", "space", "space-before-colon", "no-name", "no-colon", "two-lengths",
                              "negative-length", "length-no-number", "length-overflow", "two-framings"])
async def test_a_malformed_header_is_400_and_ends_the_connection(suite, line):
    got = await raw(suite, f"POST {SUBMISSIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice-token\r\n".encode() + line +
                    b"\r\n\r\nGET /api/v1/limits HTTP/1.1\r\nHost: x\r\n\r\n")
    assert got.startswith(("HTTP/1.1 400", "HTTP/1.1 413")) and got.count("\r\nDate: ") == 1, got
    assert "Set-Cookie" not in got, got


@pytest.mark.parametrize("name", ["..", "../x", "/etc/passwd", "a/../../x", "a\0b", "x" * 4096, "", ".", "a\nb"],
                         ids=["dots", "climbing", "absolute", "climbing-inside", "NUL", "4-KiB", "empty", "dot", "line-feed"])
async def test_a_file_name_that_is_none_is_refused_in_a_program_and_in_a_batch(suite, name):
    program = {"language": "bash", "files": [{"name": "main.sh", "content": "true"}, {"name": name, "content": "x"}]}
    async with suite.client("alice") as alice:
        assert "files[1].name" in errors_of(await alice.request("POST", SUBMISSIONS, program))
        assert "items[0].files[1].name" in errors_of(await alice.request("POST", "/api/v1/batches", {"items": [program]}))


# -- ids of somebody else ------------------------------------------------------------------------------------------


async def test_every_route_answers_anothers_id_like_an_unknown_one(suite):
    async with suite.client("alice") as alice, suite.client("bob") as bob:
        item = {"language": "bash", "source": "true", "callback_url": "https://example.com/"}
        submission = (await alice.request("POST", SUBMISSIONS, item)).json["id"]
        batch = (await alice.request("POST", "/api/v1/batches", {"items": [{"language": "bash", "source": "true"}]})).json["correlation_id"]
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.sh"\r\n\r\ntrue\r\n--x--'
        stored = await alice.request("POST", "/api/v1/uploads", data=form, headers={"Content-Type": "multipart/form-data; boundary=x"})
        assert stored.status == 201, stored
        theirs = {"submissions": submission, "batches": batch, "uploads": stored.json["id"]}
        own = [each for each in ALL if "{" in each.path and each.path.split("/")[3] in theirs]
        assert len(own) >= 7, own
        for one in own:
            body = {} if "requestBody" in one.facts else None
            path = theirs[one.path.split("/")[3]]
            refused = await bob.request(one.method, filled(one.path, path) if one.path.count("{") == 1 else one.path, body)
            unknown = await bob.request(one.method, filled(one.path, str(uuid.uuid4())), body)
            assert refused.status == unknown.status == 404, (one.name(), refused)
            assert refused.json["code"] == unknown.json["code"] and refused.json["detail"] == unknown.json["detail"], one.name()
        # Nothing happened to them.
        assert (await alice.get(submission))["status"] == "queued"
        assert (await alice.request("GET", f"/api/v1/batches/{batch}")).status == 200
        assert (await alice.request("GET", f"/api/v1/uploads/{stored.json['id']}/content")).text == "true"
