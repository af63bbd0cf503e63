"""RabbitMQ, Redis and PostgreSQL go away and come back. During the fault the API answers as documented, quickly;
afterwards everything that was accepted ends once, and new work goes through."""

import time

import pytest


@pytest.fixture
def whole_suite(make_suite, servers):
    """A suite whose servers may be killed; they are running again afterwards, whatever the test did."""
    yield make_suite(submission=1, execution=1, notification=1, websocket=1,
                     settings={"submission": {"SLUICE__OUTBOX__MAX_PENDING": "5"}})
    for each in servers.all:
        if not each.is_alive():
            each.restart()


@pytest.mark.deadline(120)
async def test_without_rabbitmq_submissions_are_kept_up_to_a_bound(whole_suite, servers):
    suite = whole_suite
    async with suite.client("alice") as alice:
        events = await alice.listen()
        servers.rabbitmq.kill_hard()
        kept, refused = [], None
        for number in range(20):
            begin = time.monotonic()
            got = await alice.request("POST", "/api/v1/submissions", {"language": "bash", "source": f"echo {number}"})
            assert time.monotonic() - begin < 6, "an answer took too long while the broker was away"
            if got.status == 201:
                kept.append(got.json["id"])
            else:
                refused = got
                break
        assert 5 <= len(kept) < 20
        assert refused.status == 503 and refused.json["code"] == "queue_unavailable"
        assert int(refused.headers["Retry-After"]) > 0
        servers.rabbitmq.restart()  # by this thread: the kernel ends a server whose starting thread ends
        for each in kept:
            assert (await events.finished(each, 60))["data"]["status"] == "accepted"
        late = await alice.submit("bash", "echo after", wait=25)
        assert late["status"] == "accepted"


@pytest.mark.deadline(120)
async def test_without_rabbitmq_a_batch_is_kept_whole_or_refused_whole(whole_suite, servers):
    suite = whole_suite
    async with suite.client("alice") as alice:
        events = await alice.listen()
        servers.rabbitmq.kill_hard()
        kept = await alice.request("POST", "/api/v1/batches", {"commands": [f"echo {n}" for n in range(5)]})
        assert kept.status == 201, kept
        over = await alice.request("POST", "/api/v1/batches", {"commands": ["echo a", "echo b"]})
        assert over.status == 503 and over.json["code"] == "queue_unavailable"
        assert int(over.headers["Retry-After"]) > 0
        assert suite.sql("select count(*) from batches") == "1"
        assert suite.sql("select count(*) from submissions") == "5"
        servers.rabbitmq.restart()  # by this thread: the kernel ends a server whose starting thread ends
        frame = await events.wait_for("batch.finished", timeout=60)
        assert frame["correlation_id"] == kept.json["correlation_id"] and frame["data"]["counts"] == {"accepted": 5}


@pytest.mark.deadline(120)
async def test_without_postgresql_it_is_503_at_once_and_goes_on_afterwards(whole_suite, servers):
    suite = whole_suite
    async with suite.client("alice") as alice:
        events = await alice.listen()
        running = await alice.submit("python3", "import time\ntime.sleep(1)\nprint('kept')")
        await events.wait_for("submission.running", running["id"])
        servers.postgres.kill_hard()
        begin = time.monotonic()
        got = await alice.request("POST", "/api/v1/submissions", {"language": "bash", "source": "echo no"})
        assert got.status == 503 and got.json["code"] == "storage_unavailable"
        assert "Retry-After" in got.headers
        assert time.monotonic() - begin < 5
        servers.postgres.restart()  # by this thread: the kernel ends a server whose starting thread ends
        # Its result waited in the broker.
        assert (await events.finished(running["id"], 40))["data"]["stdout"] == "kept\n"
        suite.submission[0].wait_for_event("postgres_connected", 30, count=2)
        assert (await alice.submit("bash", "echo yes", wait=25))["status"] == "accepted"


@pytest.mark.deadline(120)
async def test_without_redis_programs_still_run_and_events_come_later(whole_suite, servers):
    suite = whole_suite
    async with suite.client("alice") as alice:
        events = await alice.listen()
        servers.redis.kill_hard()
        made = await alice.submit("bash", "echo kept")
        suite.execution[0].wait_for_event("run_finished", 30, submission_id=made["id"])
        servers.redis.restart()  # by this thread: the kernel ends a server whose starting thread ends
        # The restarted Redis is empty: sessions register again, and the event is still owed.
        assert (await events.finished(made["id"], 60))["data"]["stdout"] == "kept\n"
        assert (await alice.submit("bash", "echo after", wait=25))["status"] == "accepted"


@pytest.mark.deadline(120)
async def test_without_redis_sessions_are_good_and_a_revocation_is_made_up_for(whole_suite, servers):
    suite = whole_suite
    auth, login = "/api/v1/auth", {"login": "ada", "password": "correct horse battery"}
    async with suite.client(None) as nobody:
        await nobody.request("POST", f"{auth}/register", {"name": "ada", "password": login["password"]})
        tokens = [(await nobody.request("POST", f"{auth}/sign-in", login)).json["access_token"] for _ in range(2)]
        kept, ended = ({"Authorization": f"Bearer {token}"} for token in tokens)
        servers.redis.kill_hard()
        assert (await nobody.request("GET", f"{auth}/session", headers=kept)).status == 200
        assert (await nobody.request("POST", f"{auth}/sign-out", headers=ended)).status == 204
        assert (await nobody.request("GET", f"{auth}/session", headers=ended)).status == 401
        assert (await nobody.request("POST", f"{auth}/sign-in", login)).status == 200
        assert suite.sql("select count(*) from revoked_tokens") == "1"
        servers.redis.restart()  # by this thread: the kernel ends a server whose starting thread ends
        suite.submission[0].wait_for_event("revocations_made_up_for", timeout=30)
        assert suite.sql("select count(*) from revoked_tokens") == "0"
        assert (await nobody.request("GET", f"{auth}/session", headers=kept)).status == 200
