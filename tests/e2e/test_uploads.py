"""Uploads as their owners use them: stored, listed, read, run, deleted; and everything that may not be uploaded."""

import asyncio
import hashlib
import io
import os
import re
import stat
import subprocess
import time
import uuid
import warnings
import zipfile

import aiohttp
import pytest

from support import document
from support.s3 import s3
from support.fixtures import BUILD  # makes scripts/ importable
from devtools import certs

UPLOADS = "/api/v1/uploads"
MAX_BYTES = 256 << 20
SETTINGS = {"submission": {"SLUICE__UPLOADS__MAX_BYTES": "256MiB", "SLUICE__HTTP__BODY_TIMEOUT": "3s",
                           "SLUICE__UPLOADS__SWEEP_INTERVAL": "200ms"}}
PROGRAM = b"import sys\nprint(int(sys.stdin.read()) * 6)\n"


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return make_module_suite(settings=SETTINGS, submission=2, execution=1, notification=1)


def form(content=PROGRAM, name="answer.py", **fields):
    made = aiohttp.FormData()
    for field, value in fields.items():
        made.add_field(field, value)
    made.add_field("file", content, filename=name, content_type="text/x-python")
    return made


def multipart(content=PROGRAM, name=b"answer.py", closing=b"\r\n--limit--\r\n"):
    """The same by hand, for what no client library would send."""
    return (b'--limit\r\nContent-Disposition: form-data; name="file"; filename="' + name +
            b'"\r\n\r\n' + content + closing)


HAND_MADE = {"Content-Type": "multipart/form-data; boundary=limit"}


def archive(*files, method=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are there twice are meant
        with zipfile.ZipFile(made, "w", method) as packed:
            for name, content in files:
                packed.writestr(name, content)
    return made.getvalue()


async def stored(user, *arguments, **fields):
    got = await user.request("POST", UPLOADS, data=form(*arguments, **fields))
    assert got.status == 201, got
    return got.json


def blob_files(suite):
    return [os.path.join(folder, name) for folder, _, names in os.walk(suite.uploads_folder) for name in names]


def stored_blobs(suite):
    return int(suite.sql("select count(*) from uploads").strip())


# -- the way of an upload -----------------------------------------------------------------------------


async def test_an_upload_is_stored_read_run_and_deleted(suite):
    async with suite.client("alice") as alice:
        made = await stored(alice)
        assert made["name"] == "answer.py" and made["size_bytes"] == len(PROGRAM), made
        assert made["sha256"] == hashlib.sha256(PROGRAM).hexdigest()
        path = f"{UPLOADS}/{made['id']}"
        assert (await alice.request("GET", path)).json == made
        content = await alice.request("GET", path + "/content")
        assert content.text.encode() == PROGRAM
        assert content.headers["Content-Type"] == "application/octet-stream"
        assert content.headers["X-Content-Type-Options"] == "nosniff"
        assert "attachment" in content.headers["Content-Disposition"]
        # By the other instance: they share the folder.
        async with suite.client("alice", submission=1) as elsewhere:
            ran = await elsewhere.request("POST", path + "/execute?wait=20", {"stdin": "7"})
        assert ran.status == 201 and ran.json["status"] == "accepted" and ran.json["stdout"] == "42\n", ran
        assert ran.json["language"] == "python3"
        assert (await alice.request("DELETE", path)).status == 204
        for gone in ("", "/content"):
            assert (await alice.request("GET", path + gone)).status == 404
        assert (await alice.request("DELETE", path)).status == 404
        assert (await alice.request("POST", path + "/execute", {})).status == 404


async def test_pages_of_uploads_follow_each_other(suite):
    async with suite.client("bob") as bob:
        made = [(await stored(bob, b"x", f"{number}.py"))["id"] for number in range(5)]
        seen, cursor = [], ""
        while cursor is not None:
            page = (await bob.request("GET", f"{UPLOADS}?limit=2{cursor}")).json
            seen += [each["id"] for each in page["items"]]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        assert seen == made[::-1]
        for bad in ("limit=0", "limit=101", "limit=x", "cursor=x"):
            assert (await bob.request("GET", f"{UPLOADS}?{bad}")).status == 422, bad


async def test_another_users_upload_is_unknown(suite):
    async with suite.client("alice") as alice, suite.client("carol") as carol:
        path = f"{UPLOADS}/{(await stored(alice))['id']}"
        for method, more in (("GET", ""), ("GET", "/content"), ("DELETE", ""), ("POST", "/execute")):
            theirs = await carol.request(method, path + more)
            unknown = await carol.request(method, f"{UPLOADS}/{uuid.uuid4()}{more}")
            assert theirs.status == unknown.status == 404
            assert theirs.json["detail"] == unknown.json["detail"]
        assert (await carol.request("GET", UPLOADS)).json["items"] == []
        assert (await alice.request("GET", path)).status == 200
    async with suite.client(None) as nobody:
        assert (await nobody.request("GET", UPLOADS)).status == 401
        assert (await nobody.request("POST", UPLOADS, data=form())).status == 401


async def test_execute_takes_what_a_submission_takes_and_no_program(suite):
    async with suite.client("alice") as alice:
        path = f"{UPLOADS}/{(await stored(alice))['id']}/execute"
        for field in ("source", "files"):
            refused = await alice.request("POST", path, {field: "print(1)"})
            assert refused.status == 400 and refused.json["errors"][0]["field"] == field, refused
        limits = (await alice.request("POST", path, {"limits": {"cpu_time_ms": 10**9}}))
        assert limits.status == 422 and " to " in limits.json["errors"][0]["allowed"], limits
        assert (await alice.request("POST", path, {"language": "klingon"})).status == 422
        assert (await alice.request("POST", path, {"main": "x.py"})).status == 422
        assert (await alice.request("POST", path, data=b"{", headers={"Content-Type": "application/json"})).status == 400
        assert (await alice.request("POST", path, data=b"{}", headers={"Content-Type": "text/plain"})).status == 415
        assert (await alice.request("POST", path)).status == 201  # no body at all


async def test_the_same_key_runs_an_upload_once(suite):
    async with suite.client("alice") as alice:
        path = f"{UPLOADS}/{(await stored(alice))['id']}/execute"
        other = f"{UPLOADS}/{(await stored(alice))['id']}/execute"
        key = {"Idempotency-Key": uuid.uuid4().hex}
        first = await alice.request("POST", path, {"stdin": "1"}, key)
        again = await alice.request("POST", path, {"stdin": "1"}, key)
        assert (first.status, again.status) == (201, 200) and first.json["id"] == again.json["id"]
        assert (await alice.request("POST", other, {"stdin": "1"}, key)).status == 409


async def test_the_language_is_said_or_told_by_the_name(suite):
    async with suite.client("alice") as alice:
        said = await stored(alice, b"print(1)", "program", language="py")
        assert said["language"] == "python3"
        unknown = await stored(alice, b"print(1)", "program")
        assert unknown["language"] is None
        refused = await alice.request("POST", f"{UPLOADS}/{unknown['id']}/execute", {})
        assert refused.status == 422 and refused.json["errors"][0]["field"] == "language", refused
        ran = await alice.request("POST", f"{UPLOADS}/{unknown['id']}/execute?wait=20", {"language": "python"})
        assert ran.json["stdout"] == "1\n", ran
        wrong = await alice.request("POST", UPLOADS, data=form(language="klingon"))
        assert wrong.status == 422 and wrong.json["errors"][0]["field"] == "language", wrong


# -- archives -----------------------------------------------------------------------------------------


async def test_an_archive_is_a_program_of_several_files(suite):
    packed = archive(("tools/", ""), ("tools/answer.py", "value = 42\n"), ("main.py", "from tools.answer import value\nprint(value)\n"),
                     ("other.py", "print('other')\n"))
    async with suite.client("alice") as alice:
        path = f"{UPLOADS}/{(await stored(alice, packed, 'program.zip', language='python3'))['id']}/execute?wait=20"
        assert (await alice.request("POST", path, {})).json["stdout"] == "42\n"
        assert (await alice.request("POST", path, {"main": "other.py"})).json["stdout"] == "other\n"
        missing = await alice.request("POST", path, {"main": "nowhere.py"})
        assert missing.status == 422 and missing.json["errors"][0]["field"] == "main", missing


def link(name):
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return made


@pytest.mark.parametrize("packed, why", [
    (archive(("../../etc/x.py", "1")), "../../etc/x.py"), (archive(("/etc/x.py", "1")), "/etc/x.py"),
    (archive((link("l.py"), "/etc/passwd")), "is a link"), (archive(("a.py", "1"), ("a.py", "2")), "a.py"),
    (archive(("a.py", "1"), ("zeros", b"\0" * (3 << 20))), "zeros"), (archive(("big", os.urandom(5 << 20))), "larger than"),
    (archive(*[(f"{number}.py", "") for number in range(300)]), "256 files"),
    (archive(("a.py", "1" * 5000), method=zipfile.ZIP_BZIP2), "method"), (archive(), "no files"),
    (archive(("a.py", "print(1)" * 100))[:-20], "damaged"), (b"PK\x03\x04 nothing", "damaged")],
    ids=["climbing", "absolute", "link", "twice", "bomb", "large", "many", "method", "empty", "cut", "none"])
async def test_an_archive_that_may_not_be_unpacked_is_refused_by_name(suite, packed, why):
    async with suite.client("alice") as alice:
        made = await stored(alice, packed, "program.zip", language="python3")
        refused = await alice.request("POST", f"{UPLOADS}/{made['id']}/execute", {})
        assert refused.status == 422, refused
        assert refused.json["errors"][0]["field"] == "upload" and why in refused.json["errors"][0]["message"], refused


# -- what may not be uploaded ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [b"../x.py", b"/etc/passwd", b"a/b.py", b"..", b"a\\\\b.py", b"x" * 4096, b"a\x01.py", b"\xff\xfe.py", b""],
                         ids=["climbing", "absolute", "path", "dots", "backslash", "long", "control", "not-utf8", "empty"])
async def test_a_file_name_that_is_none_is_refused(suite, name):
    async with suite.client("alice") as alice:
        refused = await alice.request("POST", UPLOADS, data=multipart(name=name), headers=HAND_MADE)
        assert refused.status == 422 and refused.json["errors"][0]["field"] == "file", refused


async def test_a_name_with_a_nul_is_refused(suite):
    async with suite.client("alice") as alice:
        refused = await alice.request("POST", UPLOADS, data=multipart(name=b"a\0.py"), headers=HAND_MADE)
        assert refused.status == 400 and "control character" in refused.json["detail"], refused


@pytest.mark.parametrize("body", [multipart(closing=b""), multipart()[:70], b"", b"no form at all", b"--limit--",
                                  multipart(closing=b"\r\n--limit\r\nno header\r\n\r\n\r\n--limit--")],
                         ids=["no-end", "cut", "empty", "no-form", "no-parts", "bad-part"])
async def test_a_form_that_is_none_is_refused_and_leaves_nothing(suite, body):
    before = stored_blobs(suite)
    async with suite.client("alice") as alice:
        refused = await alice.request("POST", UPLOADS, data=body, headers=HAND_MADE)
        assert refused.status == (422 if body == b"--limit--" else 400), refused
    assert stored_blobs(suite) == before
    assert not [path for path in blob_files(suite) if "incoming" in path]


async def test_wrong_fields_and_types_are_told(suite):
    async with suite.client("alice") as alice:
        assert (await alice.request("POST", UPLOADS, {"file": "x"})).status == 415
        assert (await alice.request("POST", UPLOADS, data=b"x", headers={"Content-Type": "multipart/form-data"})).status == 415
        unknown = await alice.request("POST", UPLOADS, data=form(colour="red"))
        assert unknown.status == 400 and unknown.json["errors"][0]["field"] == "colour", unknown
        body = b'--limit\r\nContent-Disposition: form-data; name="language"\r\n\r\npy\r\n--limit--'
        missing = await alice.request("POST", UPLOADS, data=body, headers=HAND_MADE)
        assert missing.status == 422 and missing.json["errors"][0]["field"] == "file", missing
        two = form()
        two.add_field("file", b"second", filename="second.py")
        assert (await alice.request("POST", UPLOADS, data=two)).status == 422


@pytest.mark.parametrize("said, kept", [(b"text/x-python", "text/x-python"), (b"x/" + b"y" * 500, "application/octet-stream"),
                                        (b"x/\xff", "application/octet-stream")], ids=["usual", "long", "not-utf8"])
async def test_a_content_type_is_kept_when_it_is_one(suite, said, kept):
    body = multipart().replace(b"\r\n\r\n", b"\r\nContent-Type: " + said + b"\r\n\r\n", 1)
    async with suite.client("alice") as alice:
        made = await alice.request("POST", UPLOADS, data=body, headers=HAND_MADE)
        assert made.status == 201 and made.json["content_type"] == kept, made


async def raw(suite, head, body, half_close=False):
    """What the first answer's status is; bytes as they are."""
    host, port = suite.submission[0].url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {UPLOADS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice-token\r\n"
                 f"Content-Type: {HAND_MADE['Content-Type']}\r\n{head}\r\n".encode() + body)
    if half_close:
        writer.write_eof()
    got = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return got


async def test_a_length_above_the_bytes_that_come_is_told_408(suite):
    before = stored_blobs(suite)
    assert (await raw(suite, f"Content-Length: {len(multipart()) + 100}\r\n", multipart()[:-20])).startswith(b"HTTP/1.1 408")
    # Or nobody is there to be told.
    assert await raw(suite, "Content-Length: 1000\r\n", multipart()[:80], half_close=True) == b""
    assert stored_blobs(suite) == before
    assert not [path for path in blob_files(suite) if "incoming" in path]


async def test_a_length_below_the_bytes_that_come_cuts_the_form(suite):
    got = await raw(suite, f"Content-Length: {len(multipart()) - 20}\r\n", multipart())
    assert got.startswith(b"HTTP/1.1 400") and b"closing boundary" in got, got


async def test_a_part_that_lies_about_its_length_is_read_to_its_boundary(suite):
    body = multipart().replace(b"\r\n\r\n", b"\r\nContent-Length: 999999\r\n\r\n", 1)
    async with suite.client("alice") as alice:
        made = await alice.request("POST", UPLOADS, data=body, headers=HAND_MADE)
        assert made.status == 201 and made.json["size_bytes"] == len(PROGRAM), made


async def test_an_upload_above_the_limit_is_refused_while_it_comes(make_suite):
    small = make_suite({"submission": {"SLUICE__UPLOADS__MAX_BYTES": "1MiB"}}, submission=1)

    async def endless():
        yield multipart(b"", closing=b"")
        for _ in range(64):
            yield b"x" * 65536
        yield b"\r\n--limit--"

    async with small.client("alice") as alice:
        announced = await alice.request("POST", UPLOADS, data=form(b"x" * (2 << 20)))
        assert announced.status == 413 and "1048576" in announced.json["detail"], announced
        chunked = await alice.request("POST", UPLOADS, data=endless(), headers=HAND_MADE)
        assert chunked.status == 413, chunked
        assert (await stored(alice, b"x" * (1 << 20)))["size_bytes"] == 1 << 20
    assert len(blob_files(small)) == 1


def forget_peak(pid):
    """Starting a service takes more memory than running it; from here on the peak is what comes."""
    with open(f"/proc/{pid}/clear_refs", "w", encoding="utf-8") as file:
        file.write("5")


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])


@pytest.mark.deadline(120)
async def test_200_megabytes_cost_no_memory(suite):
    size, piece = 200 << 20, os.urandom(1 << 20)
    digest = hashlib.sha256()

    async def body():
        yield multipart(b"", closing=b"")
        for _ in range(size >> 20):
            digest.update(piece)
            yield piece
        yield b"\r\n--limit--"

    async with suite.client("alice") as alice:
        await stored(alice)  # what is needed once is there
        forget_peak(suite.submission[0].pid)
        before = peak_kib(suite.submission[0].pid)
        made = await alice.request("POST", UPLOADS, data=body(), headers=HAND_MADE)
        assert made.status == 201 and made.json["size_bytes"] == size, made
        assert made.json["sha256"] == digest.hexdigest()
        path = f"{alice.http_url}{UPLOADS}/{made.json['id']}"
        read = hashlib.sha256()
        async with alice.session.get(path + "/content", headers={"Authorization": "Bearer alice-token"}) as got:
            async for chunk in got.content.iter_chunked(1 << 20):
                read.update(chunk)
        assert read.hexdigest() == digest.hexdigest()
        grown = peak_kib(suite.submission[0].pid) - before
        print(f"200 MiB up and down: the peak grew by {grown} KiB")
        assert grown < 24 << 10, grown
        large = await alice.request("POST", f"{UPLOADS}/{made.json['id']}/execute", {"language": "python3"})
        assert large.status == 422 and large.json["errors"][0]["code"] == "too_large", large
        assert (await alice.request("DELETE", f"{UPLOADS}/{made.json['id']}")).status == 204


async def test_a_kill_in_the_middle_leaves_nothing_for_long(make_suite):
    own = make_suite({"submission": SETTINGS["submission"]}, submission=1)

    async def hanging(begun):
        yield multipart(b"x" * (1 << 20), closing=b"")
        begun.set()
        await asyncio.Event().wait()

    async with own.client("alice") as alice:
        kept = await stored(alice)
        begun = asyncio.Event()
        upload = asyncio.create_task(alice.request("POST", UPLOADS, data=hanging(begun), headers=HAND_MADE))
        await begun.wait()
        while not [path for path in blob_files(own) if "incoming" in path]:
            await asyncio.wait([upload], timeout=0.02)
        own.submission[0].kill()
        await asyncio.wait([upload])
        upload.exception()
        assert len(blob_files(own)) == 2
        own.sql("update upload_blobs set sweep_at = now()")
        own.submission[0].restart()
        own.submission[0].wait_for_event("blobs_swept")
    assert len(blob_files(own)) == 1
    async with own.client("alice") as alice:
        assert (await alice.request("GET", f"{UPLOADS}/{kept['id']}/content")).status == 200


# -- S3 -------------------------------------------------------------------------------------------------


async def test_s3_keeps_uploads_and_checks_every_signature(make_suite):
    with s3() as storage:
        own = make_suite({"submission": {**storage.settings(), "SLUICE__UPLOADS__SWEEP_INTERVAL": "200ms"}},
                         submission=1, execution=1, notification=1)
        async with own.client("alice") as alice:
            large = os.urandom(3 << 20)
            made = await stored(alice, large, "large.bin")
            small = await stored(alice)
            async with alice.session.get(f"{alice.http_url}{UPLOADS}/{made['id']}/content",
                                         headers={"Authorization": "Bearer alice-token"}) as got:
                assert await got.read() == large
            ran = await alice.request("POST", f"{UPLOADS}/{small['id']}/execute?wait=20", {"stdin": "7"})
            assert ran.json["stdout"] == "42\n", ran
            seen = storage.stats()
            assert seen["refused"] == 0 and len(seen["objects"]) == 2, seen
            assert seen["connections"] < seen["requests"], seen  # they are kept
            assert blob_files(own) == []
            assert (await alice.request("DELETE", f"{UPLOADS}/{made['id']}")).status == 204
            assert len(storage.stats()["objects"]) == 1
            # While the server is away: 503 for what needs it, a deletion is made good later.
            storage.end()
            assert (await alice.request("GET", f"{UPLOADS}/{small['id']}")).status == 200
            away = await alice.request("GET", f"{UPLOADS}/{small['id']}/content")
            assert away.status == 503 and "Retry-After" in away.headers, away
            refused = await alice.request("POST", UPLOADS, data=form())
            assert refused.status == 503 and refused.json["code"] == "storage_unavailable", refused
            assert (await alice.request("DELETE", f"{UPLOADS}/{small['id']}")).status == 204
            assert own.sql("select count(*) from upload_blobs where is_swept").strip() == "1"


async def test_s3_with_a_wrong_secret_is_told_in_the_log(make_suite):
    with s3() as storage:
        own = make_suite({"submission": storage.settings(SLUICE__UPLOADS__S3__SECRET_KEY="wrong")}, submission=1)
        async with own.client("alice") as alice:
            refused = await alice.request("POST", UPLOADS, data=form())
            assert refused.status == 503 and "Signature" not in refused.text, refused
        logged = own.submission[0].wait_for_event("blob_storage_failed")
        assert "SignatureDoesNotMatch" in str(logged["error"]), logged


def authority(folder, names=("DNS:localhost", "IP:127.0.0.1")):
    """A folder with ca.crt and a server's certificate for these names."""
    folder.mkdir()
    certs.make_ca(str(folder))
    certs.make_leaf(str(folder), "server", "s3", "serverAuth", names)
    return str(folder)


def trusting(folder, **more):
    return {"SLUICE__UPLOADS__S3__CA_FILE": os.path.join(folder, "ca.crt"), **more}


async def test_s3_over_tls_is_believed_with_its_authority(make_suite, tmp_path):
    ours = authority(tmp_path / "ours")
    with s3(tls=ours) as storage:
        own = make_suite({"submission": storage.settings(**trusting(ours))}, submission=1)
        async with own.client("alice") as alice:
            content = os.urandom(3 << 20)
            made = await stored(alice, content, "large.bin")
            async with alice.session.get(f"{alice.http_url}{UPLOADS}/{made['id']}/content",
                                         headers={"Authorization": "Bearer alice-token"}) as got:
                assert await got.read() == content
            seen = storage.stats()
            assert seen["refused"] == 0 and seen["broken"] == 0 and len(seen["objects"]) == 1, seen
            assert (await alice.request("DELETE", f"{UPLOADS}/{made['id']}")).status == 204


@pytest.mark.parametrize("what", ["another authority", "no authority named", "another name"])
async def test_an_impostor_of_s3_gets_no_request_and_no_secret(make_suite, tmp_path, what):
    ours = authority(tmp_path / "ours", ["DNS:s3.example.org"] if what == "another name" else ["IP:127.0.0.1"])
    theirs = authority(tmp_path / "theirs")
    with s3(tls=theirs if what == "another authority" else ours) as impostor:
        own = make_suite({"submission": impostor.settings(**({} if what == "no authority named" else trusting(ours)))}, submission=1)
        async with own.client("alice") as alice:
            refused = await alice.request("POST", UPLOADS, data=form())
            assert refused.status == 503 and refused.json["code"] == "storage_unavailable", refused
            assert "Retry-After" in refused.headers and "certificate" not in refused.text, refused
        logged = str(own.submission[0].wait_for_event("blob_storage_failed")["error"])
        assert ("no alternative certificate subject name" if what == "another name" else "certificate problem") in logged, logged
        seen = impostor.stats()
        # the connection is there, and not one byte of a request came over it
        assert seen["connections"] > 1 and seen["requests"] == 0 and seen["objects"] == [], seen


def test_a_bundle_that_cannot_be_used_is_refused_before_the_start(tmp_path):
    ours = authority(tmp_path / "ours")
    good = os.path.join(ours, "ca.crt")
    (tmp_path / "empty.pem").write_text("nothing\n", encoding="ascii")
    with open(good, encoding="ascii") as file:
        whole = file.read()
    (tmp_path / "broken.pem").write_text(whole + whole.replace("MII", "!!!", 1), encoding="ascii")
    (tmp_path / "two.pem").write_text(whole + whole, encoding="ascii")

    def told(**more):
        given = {"SLUICE__UPLOADS__STORAGE": "s3", "SLUICE__UPLOADS__S3__ENDPOINT": "https://s3.example.org",
                 "SLUICE__UPLOADS__S3__BUCKET": "b", "SLUICE__UPLOADS__S3__ACCESS_KEY": "a",
                 "SLUICE__UPLOADS__S3__SECRET_KEY": "s", **more}
        done = subprocess.run([os.path.join(BUILD, "bin/sluice-submission"), "--check-config"], env={**os.environ, **given},
                              capture_output=True, text=True, timeout=30, check=False)
        return done.stderr if done.returncode else ""
    for fine in (good, str(tmp_path / "two.pem")):
        assert told(SLUICE__UPLOADS__S3__CA_FILE=fine) == ""
    for name, why in (("none.pem", "No such file"), ("empty.pem", "holds no certificate"), ("broken.pem", "broken certificate")):
        why_not = told(SLUICE__UPLOADS__S3__CA_FILE=str(tmp_path / name))
        assert "uploads.s3.ca_file" in why_not and why in why_not, why_not
    for wrong in ("https://", "https://user:password@s3.example.org", "https://s3.example.org?x=y"):
        assert "must be a host" in told(SLUICE__UPLOADS__S3__ENDPOINT=wrong)


async def test_a_slow_s3_holds_nobody_else(make_suite):
    with s3() as storage:
        own = make_suite({"submission": storage.settings(SLUICE__UPLOADS__S3__PREFIX="slow/")}, submission=1)
        async with own.client("alice") as alice:
            upload = asyncio.create_task(alice.request("POST", UPLOADS, data=form()))
            slowest = 0.0
            while not upload.done():
                begin = time.monotonic()
                assert (await alice.request("GET", "/api/v1/limits")).status == 200
                slowest = max(slowest, time.monotonic() - begin)
                await asyncio.wait([upload], timeout=0.1)
            assert upload.result().status == 503, upload.result()
            assert slowest < 1, slowest


# -- the document -----------------------------------------------------------------------------------------


async def test_the_curl_lines_of_the_document_work_as_written(suite, tmp_path):
    (tmp_path / "answer.py").write_bytes(PROGRAM)
    (tmp_path / "program.zip").write_bytes(archive(("main.py", "import part"), ("part.py", "print('from an archive')")))
    start = f"API={suite.submission[0].url}/api/v1\nTOKEN=alice-token\n"
    out = await document.run(start + document.script_of(document.page("api/uploads.md")), tmp_path)
    assert '"stdout":"42\\n"' in out and "from an archive" in out, out
    assert (tmp_path / "copy.py").read_bytes() == PROGRAM
