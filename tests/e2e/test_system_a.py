"""The older cloud job service as a client of it would use it: sign up, upload, execute, status. Only the base URL is ours."""

import asyncio
import contextlib
import os
import subprocess
import time
import uuid

import aiohttp
import pytest

from devtools import certs
from support.mail_server import SECRET, free_port, smtp_server, taken

SETTINGS = {"submission": {"SLUICE__AUTH__PASSWORDS__HASH_MEMORY": "1MiB", "SLUICE__AUTH__PASSWORDS__HASH_ITERATIONS": "1"}}
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return make_module_suite(settings=SETTINGS, submission=1, execution=1, notification=1)


class job_client:
    """What its front end does: a cookie jar, forms, whole numbers."""

    def __init__(self, suite):
        self.url = suite.submission[0].url
        self.email = f"{uuid.uuid4().hex}@example.org"

    async def __aenter__(self):
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def sign(self, how, email=None, password=PASSWORD):
        fields = [{"id": "email", "value": email or self.email}, {"id": "password", "value": password}]
        async with self.session.post(f"{self.url}/api/auth/{how}", json={"formFields": fields}) as got:
            assert got.status == 200, await got.text()
            return await got.json()

    async def get(self, path, status=200, **more):
        async with self.session.get(self.url + path, **more) as got:
            assert got.status == status, await got.text()
            return await got.json(content_type=None)

    async def post(self, path, status=200, files=(), **fields):
        with aiohttp.MultipartWriter("form-data") as form:
            for name, value in fields.items():
                form.append(str(value)).set_content_disposition("form-data", name=name)
            for name, file_name, content in files:
                form.append(content).set_content_disposition("form-data", name=name, filename=file_name)
        async with self.session.post(self.url + path, data=form) as got:
            assert got.status == status, await got.text()
            return await got.json(content_type=None)

    async def upload(self, content, name="program.py", inputs="", language="py", status=200):
        return await self.post("/api/upload", status, [("programFile", name, content)], inputs=inputs, programLanguage=language)

    async def done(self, suite, job):
        """The job once it is done; woken by the log of whoever stores results."""
        count = 1
        while True:
            jobs = {each["id"]: each for each in (await self.get("/api/jobs/status"))["jobs"]}
            assert jobs[job]["job_status"] == ("executed" if jobs[job]["execute_status"] == "done" else "suspend")
            if jobs[job]["execute_status"] == "done":
                return jobs[job]
            await asyncio.to_thread(suite.notification[0].wait_for_event, "result_persisted", 20, count)
            count = len(suite.notification[0].find_events("result_persisted")) + 1


async def test_sign_up_upload_execute_and_see_the_result(suite):
    async with job_client(suite) as user:
        signed = await user.sign("signup")
        assert signed["status"] == "OK" and signed["user"]["email"] == user.email, signed
        session = await user.get("/api/session/info")
        assert session["userId"] == signed["user"]["id"] and session["sessionHandle"], session
        made = await user.upload(b"print(int(input()) * 6)\n", inputs="7\n")
        assert isinstance(made["id"], int) and made["message"], made
        listed = (await user.get("/api/uploads/info"))["uploads"]
        assert listed == [{"id": made["id"], "email": user.email, "inputs": "7\n", "program_language": "py", "is_enable": True}]
        job = await user.post("/api/execute", id=made["id"])
        assert isinstance(job["id"], int) and job["message"], job
        done = await user.done(suite, job["id"])
        assert done["upload"] == made["id"] and done["output"] == "42\n" and done["execute_date"].endswith("Z"), done
        assert (await user.get("/api/uploads/info"))["uploads"][0]["is_enable"] is False
        # The native interface sees the same.
        assert (await user.get("/api/v1/uploads"))["items"][0]["name"] == "program.py"


async def test_an_upload_runs_once_unless_it_is_enabled_again(suite):
    async with job_client(suite) as user:
        await user.sign("signup")
        upload = (await user.upload(b"print(1)"))["id"]
        first = await user.post("/api/execute", id=upload)
        await user.post("/api/execute", 409, id=upload)
        suite.sql(f"update system_a_uploads set is_enable = true where upload_id = (select id from uploads where number = {upload})")
        second = await user.post("/api/execute", id=upload)
        assert second["id"] != first["id"]
        assert [each["id"] for each in (await user.get("/api/jobs/status"))["jobs"]] == [second["id"], first["id"]]


async def test_a_job_whose_submission_is_gone_is_forgotten(suite):
    async with job_client(suite) as user:
        await user.sign("signup")
        uploads = [(await user.upload(b"print(1)"))["id"] for _ in range(2)]
        job = await user.post("/api/execute", id=uploads[0])
        await user.done(suite, job["id"])
        suite.sql(f"delete from submissions where correlation_id = (select correlation_id from system_a_jobs where id = {job['id']})")
        assert (await user.get("/api/jobs/status"))["jobs"] == []
        suite.sql(f"update system_a_jobs set created_at = now() - interval '2 hours' where id = {job['id']}")
        await user.post("/api/execute", id=uploads[1])
        assert suite.sql(f"select count(*) from system_a_jobs where id = {job['id']}").strip() == "0"


async def test_the_output_is_mailed_to_the_address_of_the_account(make_suite, run_folder):
    folder, port = os.path.join(run_folder, "system-a-certs"), free_port()
    certs.make_all(folder, client="alice")
    own = make_suite(submission=1, execution=1, notification=1, settings={
        "submission": {**SETTINGS["submission"], "SLUICE__MAIL__ENABLED": "true"},
        "notification": {
            "SLUICE__MAIL__SMTP_URL": f"smtp://localhost:{port}", "SLUICE__MAIL__USERNAME": "sluice",
            "SLUICE__MAIL__PASSWORD": SECRET, "SLUICE__MAIL__FROM": "sluice@example.org",
            "SLUICE__MAIL__CA_FILE": os.path.join(folder, "ca.crt")}})
    got = taken()
    server = smtp_server(got, folder, port)
    server.start()
    try:
        async with job_client(own) as user:
            await user.sign("signup")
            upload = (await user.upload(b"print(int(input()) * 6)\n", inputs="7\n"))["id"]
            await user.post("/api/execute", id=upload)
            await got.until(lambda g: len(g.mails) == 1)
            _, to, _ = got.mails[0]
            message = got.message(0)
            assert to == [user.email] and message["To"] == user.email
            assert message["Subject"] == "Your python3 submission: accepted"
            assert "42" in message.get_body(("plain",)).get_content().split()
        # Who has no account has no address: his job runs all the same.
        async with job_client(own) as user:
            user.session.headers["Authorization"] = f"Bearer {own.client('alice').token}"
            await user.post("/api/execute", id=(await user.upload(b"print(1)"))["id"])
        assert own.sql("select count(*) from mail_targets").strip() == "1"
    finally:
        server.stop()


async def test_of_two_at_the_same_moment_one_runs(suite):
    async with job_client(suite) as user:
        await user.sign("signup")
        upload = (await user.upload(b"print(1)"))["id"]

        async def execute():
            with aiohttp.MultipartWriter("form-data") as form:
                form.append(str(upload)).set_content_disposition("form-data", name="id")
            async with user.session.post(user.url + "/api/execute", data=form) as got:
                return got.status
        assert sorted(await asyncio.gather(*[execute() for _ in range(5)])) == [200, 409, 409, 409, 409]


@contextlib.contextmanager
def nothing_can_be_stored(own):
    """Holds the table of submissions. Gives what waits until somebody wants to write to it, and ends his session."""
    postgres = own.servers.postgres
    psql = [os.path.join(postgres.programs, "psql"), "-X", "-q", "-A", "-t", "-d", postgres.url(database=own.name)]
    waiting = f"from pg_stat_activity where datname = '{own.name}' and wait_event_type = 'Lock'"

    def somebody_waits():
        until = time.monotonic() + 20
        while own.sql(f"select count(*) {waiting}").strip() == "0":
            assert time.monotonic() < until, "nobody wants to store anything"
        return lambda: own.sql(f"select pg_terminate_backend(pid, 5000) {waiting}")

    with subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        holder.stdin.write("begin; lock table submissions in exclusive mode; select 'held';\n")
        holder.stdin.flush()
        assert holder.stdout.readline().strip() == "held"
        yield somebody_waits
        holder.stdin.close()


async def test_a_kill_before_the_job_is_stored_leaves_the_upload_enabled(make_suite):
    own = make_suite(settings=SETTINGS, submission=1)
    async with job_client(own) as user:
        await user.sign("signup")
        upload = (await user.upload(b"print(1)"))["id"]
        with nothing_can_be_stored(own) as somebody_waits:
            asked = asyncio.ensure_future(user.post("/api/execute", id=upload))
            end_session = await asyncio.to_thread(somebody_waits)
            own.submission[0].kill()
            end_session()
            with pytest.raises(aiohttp.ClientError):
                await asked
        own.submission[0].restart()
        user.url = own.submission[0].url
        assert (await user.get("/api/uploads/info"))["uploads"][0]["is_enable"] is True
        assert (await user.get("/api/jobs/status"))["jobs"] == []
        job = await user.post("/api/execute", id=upload)
        assert [each["id"] for each in (await user.get("/api/jobs/status"))["jobs"]] == [job["id"]]


@pytest.mark.parametrize("program, name, language, begins, holds", [
    (b"import sys\nprint('out')\nsys.exit(3)", "a.py", "py", "runtime_error\n", "out"),
    (b"int main() { return x; }", "a.cpp", "cpp", "compile_error\n", "error"),
    (b"#include <stdio.h>\nint main(void) { puts(\"c\"); }", "a.c", "c", "c\n", ""),
    (b"public class Hello { public static void main(String[] a) { System.out.println(\"java\"); } }", "Hello.java", "java", "java\n", "")],
    ids=["failing", "not-compiling", "c", "java"])
async def test_every_language_of_it_runs_and_every_end_is_told(suite, program, name, language, begins, holds):
    async with job_client(suite) as user:
        await user.sign("signup")
        upload = await user.upload(program, name, language=language)
        job = await user.post("/api/execute", id=upload["id"])
        done = await user.done(suite, job["id"])
        assert done["output"].startswith(begins) and holds in done["output"], done
        # Its reports see what its interface says.
        rows = suite.sql(f"select job, output, execute_status from system_a.results where id = {job['id']}")
        assert str(job["id"]) in rows and begins.strip() in rows and "done" in rows, rows
        assert "executed" in suite.sql(f"select job_status from system_a.jobs where id = {job['id']}")


async def test_its_tables_have_its_columns_and_types(suite):
    async with job_client(suite) as user:
        await user.sign("signup")
        upload = (await user.upload(b"print(1)", inputs="zwölf"))["id"]
        row = suite.sql(f"select id, email, inputs, program_language, is_enable from system_a.uploads where id = {upload}")
        assert user.email in row and "zwölf" in row and "py" in row, row
    columns = suite.sql("select table_name || '.' || column_name || ' ' || udt_name from information_schema.columns "
                        "where table_schema = 'system_a' order by table_name, ordinal_position").split("\n")
    assert [each.strip() for each in columns if each.strip()] == [
        "jobs.id int4", "jobs.upload int4", "jobs.job_query text", "jobs.job_status job_status",
        "results.id int4", "results.job varchar", "results.output text", "results.execute_status execute_status",
        "results.execute_date timestamp", "uploads.id int4", "uploads.email varchar", "uploads.inputs text",
        "uploads.program_language program_language", "uploads.is_enable bool"]


async def test_signing_in_and_out(suite):
    async with job_client(suite) as user:
        await user.sign("signup")
        again = await user.sign("signup")
        assert again["status"] == "FIELD_ERROR" and again["formFields"][0]["id"] == "email", again
        assert (await user.sign("signin", password="wrong"))["status"] == "WRONG_CREDENTIALS_ERROR"
        assert (await user.sign("signin", email="nobody@example.org"))["status"] == "WRONG_CREDENTIALS_ERROR"
        assert (await user.sign("signup", email="no address"))["formFields"][0]["id"] == "email"
        assert (await user.sign("signin"))["status"] == "OK"
        assert (await user.get("/api/signout"))["status"] == "OK"
        await user.get("/api/session/info", 401)
        async with user.session.post(user.url + "/api/auth/signup", json={"email": "x"}) as got:
            assert got.status == 400


async def test_strangers_and_pages_of_other_sites_get_nothing(suite):
    async with job_client(suite) as user, job_client(suite) as other:
        for path in ("/api/session/info", "/api/jobs/status", "/api/uploads/info"):
            await user.get(path, 401)
        await user.upload(b"print(1)", status=401)
        await user.sign("signup")
        await other.sign("signup")
        mine = (await user.upload(b"print(1)"))["id"]
        await other.post("/api/execute", 404, id=mine)
        assert (await other.get("/api/uploads/info"))["uploads"] == []
        elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        await user.get("/api/signout", 403, headers=elsewhere)
        async with user.session.post(user.url + "/api/execute", data=b"", headers=elsewhere) as got:
            assert got.status == 403


async def test_what_is_missing_or_wrong_is_told(suite):
    async with job_client(suite) as user:
        await user.sign("signup")
        assert (await user.upload(b"x", language="klingon", status=422))["errors"][0]["field"] == "programLanguage"
        assert (await user.post("/api/upload", 422, programLanguage="py"))["errors"][0]["field"] == "programFile"
        for bad in ("", "x", "-1x", "99999999999999999999"):
            await user.post("/api/execute", 422, id=bad)
        await user.post("/api/execute", 404, id=999999)
        # What could not be queued stays enabled.
        empty = (await user.upload(b"", name="a.py"))["id"]
        big = (await user.upload(b"#" * (5 << 20), name="big.py"))["id"]
        await user.post("/api/execute", 422, id=big)
        flags = {each["id"]: each["is_enable"] for each in (await user.get("/api/uploads/info"))["uploads"]}
        assert flags == {empty: True, big: True}
        assert (await user.get("/api/jobs/status"))["jobs"] == []


async def test_a_setting_takes_it_away(make_suite):
    own = make_suite({"submission": {"SLUICE__COMPATIBILITY__SYSTEM_A": "false"}}, submission=1)
    async with own.client("alice") as alice:
        for method, path in (("POST", "/api/auth/signin"), ("GET", "/api/jobs/status"), ("POST", "/api/upload")):
            assert (await alice.request(method, path)).status == 404
        assert (await alice.request("GET", "/api/v1/uploads")).status == 200
