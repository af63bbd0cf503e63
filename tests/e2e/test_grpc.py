"""The job worker's interface (system C): gRPC with Debian's python3-grpcio, mutual TLS, and its HTTP form."""

import asyncio
import ctypes
import itertools
import json
import os
import socket
import ssl
import subprocess
import threading
import time
import uuid

import grpc
import pytest

from devtools import certs, services as service_library
from support.fixtures import BUILD
from support.jobs import credentials, interface, worker
from support.suite import ROOT

NEW_LINE = "\n"


@pytest.fixture(scope="module")
def kinds(run_folder):
    return interface(run_folder)


@pytest.fixture(scope="module")
def folder(run_folder):
    made = os.path.join(run_folder, "certs")
    certs.make_all(made, client="alice")
    return made


def grpc_settings(folder, **more):
    return {**service_library.grpc_settings(folder), "SLUICE__GRPC__TLS__REFRESH_INTERVAL": "1s",
            "SLUICE__SUBMISSIONS__MAX_BATCH_ITEMS": "20", "SLUICE__GRPC__WRITE_TIMEOUT": "2s", **more}


@pytest.fixture(scope="module")
def suite(make_module_suite, folder):
    return make_module_suite({"submission": grpc_settings(folder)}, submission=1, execution=1, notification=1)


@pytest.fixture
def alice(suite, kinds, folder):
    return lambda token="alice-token", **more: worker(
        kinds, suite.submission[0].listeners["grpc"], credentials(folder), token, **more)


async def refusal(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def refused_stream(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass
    return caught.value


def until(condition, timeout=10, what="it"):
    """Looks again and again, for what tells nobody by itself."""
    end, pause = time.monotonic() + timeout, threading.Event()
    while not (value := condition()):
        assert time.monotonic() < end, f"{what} did not come within {timeout} s"
        pause.wait(0.02)
    return value


async def comes(condition, what):
    """The same for what happens only while the test's own loop runs."""
    return await asyncio.get_running_loop().run_in_executor(None, lambda: until(condition, what=what))


def searches(suite):
    return suite.submission[0].metric("sluice_submission_job_searches")


# -- schedule and search ------------------------------------------------------------------------------


async def test_a_command_runs_and_its_output_and_result_are_found(alice):
    async with alice() as a:
        made = await a.execute("echo out; echo err >&2; exit 3")
        assert made.result == "queued" and made.executed_at.seconds > 0
        got = [each async for each in a.search(made.correlation_id)]
        assert [each.result for each in got if each.result] == ["runtime_error"]
        assert {each.stream: each.log_output for each in got if each.log_output} == {"stdout": "out\n", "stderr": "err\n"}
        again = [each async for each in a.search(made.correlation_id)]
        assert [(each.result, each.log_output) for each in again] == [(each.result, each.log_output) for each in got]


async def test_many_commands_are_one_batch_with_one_correlation_id(alice, suite):
    async with alice() as a:
        made = await a.execute_many(["echo one", "exit 1", "echo three; echo drei"])
        output, results = await a.followed(made.correlation_id)
        assert output == {0: "one\n", 2: "three\ndrei\n"}
        assert results == {0: "accepted", 1: "runtime_error", 2: "accepted"}
    async with suite.client("alice") as rest:
        batch = await rest.request("GET", f"/api/v1/batches/{made.correlation_id}")
        assert batch.json["counts"] == {"accepted": 2, "runtime_error": 1}


async def test_a_single_submission_of_the_rest_api_is_followed_by_its_correlation_id(alice, suite):
    async with alice() as a, suite.client("alice") as rest:
        made = await rest.submit("sh", "echo one; sleep 0.2; echo two; exit 3")
        output, results = await a.followed(made["correlation_id"])
        assert (output, results) == ({0: "one\ntwo\n"}, {0: "runtime_error"})


async def test_a_running_batch_is_followed_live_and_a_cancelled_search_frees_everything(alice, suite):
    async with alice() as a, suite.client("alice") as rest:
        made = await a.execute_many(["echo begun; sleep 60; echo never", "echo beside"])
        call = a.search(made.correlation_id, timeout=30)
        got = []
        async for each in call:
            got.append(each)
            if any(each.command_index == 0 for each in got):
                break
        assert got[-1].log_output == "begun\n"  # while it sleeps
        running = got[-1].submission_id
        assert searches(suite) == 1 and suite.submission[0].metric("sluice_submission_grpc_calls") == 1
        assert suite.redis("PUBSUB", "NUMSUB", f"sluice:output:{running}").split()[-1] == "1"
        call.cancel()
        await comes(lambda: searches(suite) == 0 and suite.submission[0].metric("sluice_submission_grpc_calls") == 0, "the end")
        await comes(lambda: suite.redis("PUBSUB", "NUMSUB", f"sluice:output:{running}").split()[-1] == "0", "the last watch's end")
        # The batch itself goes on, and its end is told to whoever follows it then.
        follow = asyncio.ensure_future(a.followed(made.correlation_id))
        assert (await rest.request("DELETE", f"/api/v1/submissions/{running}")).status in (200, 202)
        output, results = await follow
        assert results == {0: "cancelled", 1: "accepted"} and output == {0: "begun\n", 1: "beside\n"}


async def test_a_deadline_ends_a_search_and_frees_it(alice, suite):
    async with alice() as a, suite.client("alice") as rest:
        made = await a.execute("echo begun; sleep 60")
        error = await refused_stream(a.search(made.correlation_id, timeout=1))
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        await comes(lambda: searches(suite) == 0, "the end")
        batch = (await rest.request("GET", f"/api/v1/batches/{made.correlation_id}")).json
        await rest.request("DELETE", f"/api/v1/submissions/{batch['items'][0]['id']}")


async def test_output_that_is_no_utf8_is_told_readable(alice):
    async with alice() as a:
        made = await a.execute(r"printf 'gr\303\274n \377 \303\237'")
        output, _ = await a.followed(made.correlation_id)
        assert output == {0: "grün \ufffd ß"}


# -- who may ----------------------------------------------------------------------------------------


def make_account(suite, name, password):
    """A row as the accounts' own code makes it, hashed by libsodium itself."""
    sodium = ctypes.CDLL("libsodium.so.23")
    text = ctypes.create_string_buffer(128)
    secret = password.encode()
    assert sodium.crypto_pwhash_str(text, secret, ctypes.c_ulonglong(len(secret)), ctypes.c_ulonglong(2),
                                    ctypes.c_size_t(64 << 20)) == 0
    suite.sql("insert into users (id, name, password_hash, created_at, password_changed_at) values "
              f"('{uuid.uuid4()}', '{name}', '{text.value.decode()}', now(), now())")


async def test_login_gives_a_token_that_works_for_grpc_and_http(alice, suite):
    make_account(suite, "grace", "a long enough passphrase")
    async with alice(token=None) as anyone, suite.client(None) as http:
        token = (await anyone.login("grace", "a long enough passphrase")).access_token
        assert token
        async with alice(token=token) as grace:
            made = await grace.execute("echo hi")
            output, results = await grace.followed(made.correlation_id)
            assert output == {0: "hi\n"} and results == {0: "accepted"}
        wrong = await refusal(anyone.login("grace", "another long passphrase"))
        assert wrong.code() == grpc.StatusCode.UNAUTHENTICATED
        empty = await refusal(anyone.login("grace", ""))
        assert empty.code() == grpc.StatusCode.INVALID_ARGUMENT and "password" in empty.details()
        body = {"username": "grace", "password": "a long enough passphrase"}
        got = await http.request("POST", "/v1/auth/login", body)
        assert got.status == 200 and got.headers["Cache-Control"] == "no-store"
        headers = {"Authorization": f"Bearer {got.json['access_token']}"}
        found = await http.request("GET", f"/v1/job/search?correlation_id={made.correlation_id}", headers=headers)
        assert found.status == 200
        refused = await http.request("POST", "/v1/auth/login", {**body, "password": "wrong wrong wrong"})
        assert refused.status == 401


async def test_a_call_needs_a_token_and_another_users_batch_is_not_found(alice):
    async with alice() as a, alice(token="bob-token") as bob, alice(token=None) as nobody, alice(token="guess") as guess:
        made = await a.execute("true")
        for stranger in (nobody, guess):
            for call in (stranger.execute("true"), stranger.execute_many(["true"])):
                assert (await refusal(call)).code() == grpc.StatusCode.UNAUTHENTICATED
            error = await refused_stream(stranger.search(made.correlation_id))
            assert error.code() == grpc.StatusCode.UNAUTHENTICATED
        foreign = await refused_stream(bob.search(made.correlation_id))
        unknown = await refused_stream(bob.search(str(uuid.uuid4())))
        assert foreign.code() == unknown.code() == grpc.StatusCode.NOT_FOUND
        assert foreign.details() == unknown.details()


async def test_mistakes_are_told_with_the_field(alice):
    async with alice() as a:
        empty = await refusal(a.execute(""))
        assert empty.code() == grpc.StatusCode.INVALID_ARGUMENT and "commands[0]" in empty.details()
        none = await refusal(a.execute_many([]))
        assert none.code() == grpc.StatusCode.INVALID_ARGUMENT and "commands" in none.details()
        second = await refusal(a.execute_many(["true", ""]))
        assert second.code() == grpc.StatusCode.INVALID_ARGUMENT and "commands[1]" in second.details()
        malformed = await refused_stream(a.search("x"))
        assert malformed.code() == grpc.StatusCode.INVALID_ARGUMENT and "correlation_id" in malformed.details()
        mine = (("x-correlation-id", str(uuid.uuid4())),)
        made = await a.execute("true", metadata=a.metadata + mine)
        assert made.correlation_id == mine[0][1]
        twice = await refusal(a.execute("true", metadata=a.metadata + mine))
        assert twice.code() == grpc.StatusCode.ALREADY_EXISTS


# -- bounds -----------------------------------------------------------------------------------------


async def test_a_million_commands_are_refused_after_the_first_few(alice, suite, kinds):
    sent = itertools.count()

    async def commands():
        for _ in range(1_000_000):
            next(sent)
            yield kinds.message("JobRequest", command="true # " + "x" * 1000)
    before = suite.sql("select count(*) from submissions")
    async with alice() as a:
        error = await refusal(a.execute_many(commands()))
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED and "20 commands" in error.details()
        assert next(sent) < 5000
        large = await refusal(a.execute("x" * (2 << 20)))
        assert large.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert suite.sql("select count(*) from submissions") == before


async def test_a_batch_that_is_broken_off_is_not_run(alice, suite, kinds):
    before = suite.sql("select count(*) from batches")
    async with alice() as a:
        for _ in range(30):
            sent = asyncio.Event()

            async def commands():
                yield kinds.message("JobRequest", command="true")
                yield kinds.message("JobRequest", command="true")
                sent.set()
                await asyncio.Event().wait()
            call = a.execute_many(commands())
            waiting = asyncio.ensure_future(sent.wait())
            await waiting
            call.cancel()
        await comes(lambda: suite.submission[0].metric("sluice_submission_grpc_calls") == 0, "the end of the calls")
    assert suite.sql("select count(*) from batches") == before


async def test_a_client_that_takes_nothing_is_given_up(alice, suite):
    async with alice(options=[("grpc.http2.bdp_probe", 0)]) as a:
        made = await a.execute_many(["head -c 60000 /dev/zero | tr '\\0' x"] * 20)
        await a.followed(made.correlation_id)
        call = a.search(made.correlation_id, timeout=50)
        assert (await call.read()).log_output
        own = suite.submission[0]
        before = own.metric("sluice_submission_grpc_calls_total", method="SearchJob", code="OK")
        await comes(lambda: own.metric("sluice_submission_grpc_calls_total", method="SearchJob", code="DEADLINE_EXCEEDED") == 1,
                    "the call's end")
        assert own.metric("sluice_submission_grpc_calls_total", method="SearchJob", code="OK") == before and searches(suite) == 0
        call.cancel()


async def test_the_number_of_searches_is_bounded(make_suite, kinds, folder):
    own = make_suite({"submission": grpc_settings(folder, SLUICE__JOBS__MAX_SEARCHES="1")}, submission=1)
    async with worker(kinds, own.submission[0].listeners["grpc"], credentials(folder), "alice-token") as a:
        made = await a.execute("true")  # nobody runs it
        call = a.search(made.correlation_id)
        first = asyncio.ensure_future(call.read())
        await comes(lambda: searches(own) == 1, "the first")
        error = await refused_stream(a.search(made.correlation_id))
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        # A drain tells who still follows, and is not held up.
        ending = asyncio.get_running_loop().run_in_executor(None, own.submission[0].stop)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await first
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        assert await ending == 0


# -- mutual TLS -------------------------------------------------------------------------------------


def tls_context(folder, certificate="client", version=ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(os.path.join(folder, "ca.crt"))
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    if certificate:
        context.load_cert_chain(os.path.join(folder, f"{certificate}.crt"), os.path.join(folder, f"{certificate}.key"))
    return context


def connect(address, context):
    """Handshake and the first byte of HTTP/2: with TLS 1.3 a refusal comes after the client's part."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as plain, \
            context.wrap_socket(plain, server_hostname=host) as secure:
        version, serial = secure.version(), secure.getpeercert()["serialNumber"]
        assert secure.recv(1), "closed"
        return version, serial


def test_only_tls_1_3_with_a_certificate_of_our_ca_gets_in(suite, folder, run_folder):
    address = suite.submission[0].listeners["grpc"]
    assert connect(address, tls_context(folder))[0] == "TLSv1.3"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(address, tls_context(folder, version=ssl.TLSVersion.TLSv1_2))
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        connect(address, tls_context(folder, certificate=None))
    other = os.path.join(run_folder, "other-certs")
    certs.make_all(other, client="alice")
    stranger = tls_context(folder, certificate=None)
    stranger.load_cert_chain(os.path.join(other, "client.crt"), os.path.join(other, "client.key"))
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        connect(address, stranger)
    with pytest.raises((ssl.SSLError, ConnectionError, OSError, AssertionError)):
        with socket.create_connection(address.rsplit(":", 1), timeout=10) as plain:
            plain.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
            assert plain.recv(1) and plain.recv(1 << 16)[:1] == b"", "answered without TLS"


async def test_a_grpc_client_without_our_certificate_is_refused_even_with_a_token(suite, kinds, folder):
    address = suite.submission[0].listeners["grpc"]
    async with worker(kinds, address, credentials(folder, certificate=None), "alice-token") as a:
        assert (await refusal(a.execute("true", timeout=10))).code() == grpc.StatusCode.UNAVAILABLE


async def test_certificates_are_renewed_without_a_restart(make_suite, kinds, run_folder):
    mine = os.path.join(run_folder, "renewed-certs")
    certs.make_all(mine, client="alice")
    own = make_suite({"submission": grpc_settings(mine)}, submission=1)
    address = own.submission[0].listeners["grpc"]
    async with worker(kinds, address, credentials(mine), "alice-token") as before:
        await before.execute("true")
        _, old = connect(address, tls_context(mine))
        old_client = tls_context(mine)
        assert certs.make_all(mine, client="alice") is False  # the CA stays

        def renewed():
            try:
                return connect(address, tls_context(mine))[1] != old
            except (ssl.SSLError, ConnectionError):
                return False
        await comes(renewed, "the new certificate")
        await before.execute("true")  # the old connection lives on
        connect(address, old_client)  # and so does a client that has not renewed its own
    async with worker(kinds, address, credentials(mine), "alice-token") as after:
        await after.execute("true")


async def test_bound_users_need_a_certificate_of_their_own(make_suite, kinds, folder):
    own = make_suite({"submission": grpc_settings(folder, SLUICE__GRPC__BIND_USERS="true")}, submission=1)
    address = own.submission[0].listeners["grpc"]
    async with worker(kinds, address, credentials(folder), "alice-token") as a, \
            worker(kinds, address, credentials(folder), "bob-token") as stolen:
        await a.execute("true")
        assert (await refusal(stolen.execute("true"))).code() == grpc.StatusCode.PERMISSION_DENIED


def test_production_refuses_grpc_without_certificates_of_both_sides(folder):
    def check(**more):
        environment = {**service_library.clean_environment(), "SLUICE__ENVIRONMENT": "production",
                       "SLUICE__GRPC__ENABLED": "true", **more}
        done = subprocess.run([service_library.binary("submission", BUILD), "--check-config"], cwd=ROOT, env=environment,
                              capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout + done.stderr
    code, said = check()
    assert code == 2 and "client_ca_file" in said
    settings = service_library.grpc_settings(folder)
    code, said = check(**settings)
    assert code == 2 and "grpc.reflection" in said and "client_ca_file" not in said
    _, said = check(**{**settings, "SLUICE__GRPC__REFLECTION": "false"})
    assert "grpc" not in said


def test_the_files_of_dev_certs_are_their_owners_alone(folder):
    names = sorted(os.listdir(folder))
    assert names == ["ca.crt", "ca.key", "client.crt", "client.key", "server.crt", "server.key"]
    assert {os.stat(os.path.join(folder, name)).st_mode & 0o777 for name in names} == {0o600}
    text = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", os.path.join(folder, "server.crt")],
                          capture_output=True, text=True, check=True).stdout
    assert "prime256v1" in text and "TLS Web Server Authentication" in text and "TLS Web Client" not in text


# -- health and reflection --------------------------------------------------------------------------


def check_health(a, kinds, service=""):
    request = kinds.message("grpc.health.v1.HealthCheckRequest", service=service)
    return a.call("grpc.health.v1.Health", "Check", request, metadata=())


async def test_health_follows_readiness(make_suite, kinds, folder):
    own = make_suite({"submission": grpc_settings(folder)}, submission=1)
    address = own.submission[0].listeners["grpc"]
    serving, not_serving = 1, 2

    async def becomes(a, status):
        end = time.monotonic() + 20
        while (await check_health(a, kinds)).status != status and time.monotonic() < end:
            pass
        return (await check_health(a, kinds)).status == status
    async with worker(kinds, address, credentials(folder)) as a:
        for service in ("", "JobQueryService"):
            assert (await check_health(a, kinds, service)).status == serving
        assert (await refusal(check_health(a, kinds, "Other"))).code() == grpc.StatusCode.NOT_FOUND
        postgres = own.servers.postgres
        postgres.sql(f"alter database {own.name} with allow_connections false", database="postgres")
        postgres.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{own.name}'", database="postgres")
        assert await becomes(a, not_serving)
        assert own.submission[0].admin("/readyz")[0] == 503
        postgres.sql(f"alter database {own.name} with allow_connections true", database="postgres")
        assert await becomes(a, serving)


def watch_health(a, kinds, service=""):
    request = kinds.message("grpc.health.v1.HealthCheckRequest", service=service)
    return a.call("grpc.health.v1.Health", "Watch", request, metadata=(), timeout=60)


async def test_a_health_watch_tells_each_change_and_the_end(make_suite, kinds, folder):
    own = make_suite({"submission": grpc_settings(folder)}, submission=1)
    serving, not_serving, unknown = 1, 2, 3
    postgres = own.servers.postgres
    async with worker(kinds, own.submission[0].listeners["grpc"], credentials(folder)) as a:
        seen = watch_health(a, kinds, "JobQueryService")
        assert (await seen.read()).status == serving
        postgres.sql(f"alter database {own.name} with allow_connections false", database="postgres")
        postgres.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{own.name}'", database="postgres")
        assert (await seen.read()).status == not_serving
        postgres.sql(f"alter database {own.name} with allow_connections true", database="postgres")
        assert (await seen.read()).status == serving
        other = watch_health(a, kinds, "Other")
        assert (await other.read()).status == unknown
        assert other.cancel()
        # A server that stops says so before it ends the call, and its drain does not wait for watchers.
        own.submission[0].process.ask()
        assert (await seen.read()).status == not_serving
        assert await seen.code() == grpc.StatusCode.UNAVAILABLE
        assert own.submission[0].stop() == 0


async def test_reflection_tells_what_is_served_in_development_only(suite, kinds, folder):
    name = "grpc.reflection.v1alpha.ServerReflection"

    def ask(a, **question):
        request = kinds.message("grpc.reflection.v1alpha.ServerReflectionRequest", **question)
        return a.call(name, "ServerReflectionInfo", iter([request]), metadata=())
    async with worker(kinds, suite.submission[0].listeners["grpc"], credentials(folder)) as a:
        listed = [each async for each in ask(a, list_services="")][0].list_services_response.service
        assert {"AuthService", "JobScheduleService", "JobQueryService", "grpc.health.v1.Health"} <= {each.name for each in listed}
        found = [each async for each in ask(a, file_containing_symbol="JobQueryService")][0].file_descriptor_response
        files = [type(kinds.files.file[0]).FromString(each) for each in found.file_descriptor_proto]
        assert files[0].name == "system_c/job_worker.proto"
        assert "google/protobuf/timestamp.proto" in {each.name for each in files}
        unknown = [each async for each in ask(a, file_by_filename="no.proto")][0]
        assert unknown.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    quiet = suite.add("submission", grpc_settings(folder, SLUICE__GRPC__REFLECTION="false"))
    async with worker(kinds, quiet.listeners["grpc"], credentials(folder)) as a:
        assert (await refused_stream(ask(a, list_services=""))).code() == grpc.StatusCode.UNIMPLEMENTED


# -- the HTTP form ----------------------------------------------------------------------------------


async def test_jobs_over_http_stream_newline_delimited_json(suite):
    async with suite.client("alice") as a, suite.client("bob") as bob:
        made = await a.request("POST", "/v1/job/schedule", {"commands": ["echo one", "echo two >&2; exit 1"]})
        assert made.status == 200 and made.json["result"] == "queued"
        path = f"/v1/job/search?correlation_id={made.json['correlation_id']}"
        found = await a.request("GET", path)
        assert found.headers["Content-Type"] == "application/x-ndjson" and "Content-Length" not in found.headers
        lines = [json.loads(each) for each in found.text.splitlines()]
        assert {each["command_index"]: each["result"] for each in lines if "result" in each} == {0: "accepted", 1: "runtime_error"}
        told = {each["command_index"]: (each["stream"], each["log_output"]) for each in lines if "log_output" in each}
        assert told == {0: ("stdout", "one\n"), 1: ("stderr", "two\n")}
        one = await a.request("POST", "/v1/job/schedule", {"command": "true"})
        assert one.status == 200
        assert (await bob.request("GET", path)).status == 404
        assert (await a.request("GET", "/v1/job/search?correlation_id=x")).status == 422
        assert (await a.request("GET", path, headers={"Accept": "image/png"})).status == 406
        empty = await a.request("POST", "/v1/job/schedule", {"commands": ["true", ""]})
        assert empty.status == 422 and empty.json["errors"][0]["field"] == "commands[1]"
        assert (await a.request("POST", "/v1/job/schedule", {"command": 1})).status == 400
    async with suite.client(None) as nobody:
        assert (await nobody.request("POST", "/v1/job/schedule", {"command": "true"})).status == 401
        assert (await nobody.request("GET", path)).status == 401


async def test_jobs_over_http_stream_server_sent_events_live_and_stop_with_the_client(suite):
    async with suite.client("alice") as a:
        made = (await a.request("POST", "/v1/job/schedule", {"command": "echo begun; sleep 60"})).json
        url = f"{a.http_url}/v1/job/search?correlation_id={made['correlation_id']}"
        headers = {"Authorization": "Bearer alice-token", "Accept": "text/event-stream"}
        async with a.session.get(url, headers=headers) as got:
            assert got.headers["Content-Type"] == "text/event-stream"
            first = await asyncio.wait_for(got.content.readline(), 20)
            event = json.loads(first.removeprefix(b"data: "))
            assert event["log_output"] == "begun\n"
            assert searches(suite) == 1
        await comes(lambda: searches(suite) == 0, "the end of the search")
        await a.request("DELETE", f"/api/v1/submissions/{event['submission_id']}")
        async with a.session.get(url, headers=headers) as got:
            text = (await got.read()).decode()
        blocks = text.rstrip(NEW_LINE).split(2 * NEW_LINE)
        assert blocks[-1] == "event: end\ndata: {}"
        assert json.loads(blocks[-2].removeprefix("data: "))["result"] == "cancelled"
