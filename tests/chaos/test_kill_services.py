"""kill -9 of each service in the middle of its work: what was accepted ends, once."""

import pytest

SLOW = "import time\ntime.sleep(1.5)\nprint('survived')"


def results_of(suite, submission_id):
    return int(suite.sql(f"select count(*) from results where submission_id = '{submission_id}'"))


@pytest.mark.deadline(90)
async def test_a_worker_killed_in_mid_run_loses_nothing(make_suite):
    suite = make_suite(submission=1, execution=1, notification=1, websocket=1)
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = await alice.submit("python3", SLOW)
        await events.wait_for("submission.running", made["id"])
        suite.execution[0].kill()
        suite.add("execution")
        result = (await events.finished(made["id"], 60))["data"]
        assert result["status"] == "accepted" and result["stdout"] == "survived\n"
        assert result["attempt"] >= 2
        assert results_of(suite, made["id"]) == 1
        ended = [each for each in events.events(made["id"]) if each["type"] == "submission.finished"]
        assert len(ended) == 1


@pytest.mark.deadline(120)
async def test_a_task_that_kills_its_executor_each_time_ends_as_internal_error(make_suite):
    suite = make_suite(submission=1, execution=1, notification=1, websocket=1)
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = await alice.submit("python3", "import time\ntime.sleep(8)")
        # The broker gives it out once and three times more, then to submission_dead.
        for _ in range(4):
            worker = suite.execution[-1]
            worker.wait_for_event("task_taken", 30, submission_id=made["id"])
            worker.kill()
            if _ < 3:
                suite.add("execution")
        result = (await events.finished(made["id"], 40))["data"]
        assert result["status"] == "internal_error" and result["message"]
        assert results_of(suite, made["id"]) == 1


@pytest.mark.deadline(90)
async def test_a_notification_killed_between_results_loses_and_repeats_nothing(make_suite):
    suite = make_suite(submission=1, execution=1, notification=2, websocket=1)
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = [await alice.submit("bash", f"echo {number}") for number in range(30)]
        await events.finished(made[4]["id"])
        suite.notification[0].kill()
        for each in made:
            await events.finished(each["id"], 60)
        ended = [each["submission_id"] for each in events.events() if each["type"] == "submission.finished"]
        assert sorted(ended) == sorted(each["id"] for each in made)


@pytest.mark.deadline(90)
async def test_a_websocket_node_killed_lets_its_clients_go_on_elsewhere(make_suite):
    suite = make_suite(submission=1, execution=1, notification=1, websocket=2)
    async with suite.client("alice", websocket=0) as alice:
        events = await alice.listen()
        first = await alice.submit("bash", "echo 1")
        await events.finished(first["id"])
        last = events.last_event_id()
        suite.websocket[0].kill()
        second = await alice.submit("bash", "echo 2", wait=20)
        again = await alice.listen(last_event_id=last, url=suite.websocket[1].url)
        await again.finished(second["id"])
        assert {each["submission_id"] for each in again.events()} == {second["id"]}


@pytest.mark.deadline(90)
async def test_the_watchers_of_a_killed_node_count_as_gone_when_their_time_is_over(make_suite):
    suite = make_suite(
        {"websocket": {"SLUICE__SESSIONS__TTL": "3s", "SLUICE__SESSIONS__HEARTBEAT": "1s"},
         "execution": {"SLUICE__LIVE__DISCONNECT_GRACE": "500ms", "SLUICE__SANDBOX__SLOTS": "2"}},
        submission=1, execution=1, notification=1, websocket=2)
    lasting = "import time\nprint('ready', flush=True)\ntime.sleep(25)"
    async with suite.client("alice", websocket=0) as alice:
        elsewhere = await alice.listen(url=suite.websocket[1].url)
        lost = await alice.listen()
        made = {}
        for name in ("watched", "abandoned"):
            made[name] = (await alice.submit("python3", lasting, on_disconnect="cancel",
                                             limits={"wall_time_ms": 30000}))["id"]
            answer = await lost.call("subscribe", name, submission_id=made[name], data={})
            assert answer["type"] == "ack", answer
        answer = await elsewhere.call("subscribe", "other", submission_id=made["watched"], data={})
        assert answer["type"] == "ack", answer
        for each in made.values():
            await elsewhere.wait_for("submission.running", each, 20)
        suite.websocket[0].kill()
        assert (await elsewhere.finished(made["abandoned"], 20))["data"]["status"] == "cancelled"
        # Its other watcher lives on a node that lives.
        assert made["watched"] not in [e["submission_id"] for e in elsewhere.events()
                                       if e["type"] == "submission.finished"]
        assert (await alice.request("DELETE", f"/api/v1/submissions/{made['watched']}?wait=10")).json["status"] == "cancelled"


@pytest.mark.deadline(90)
async def test_a_submission_service_killed_after_its_answer_loses_nothing(make_suite):
    suite = make_suite(submission=2, execution=1, notification=1, websocket=1)
    async with suite.client("alice", submission=0) as alice, suite.client("alice", submission=1) as other:
        made = [await alice.submit("bash", f"echo {number}") for number in range(10)]
        suite.submission[0].kill()
        for each in made:
            assert (await other.finished(each["id"]))["status"] == "accepted"


@pytest.mark.deadline(60)
async def test_a_drain_finishes_what_is_in_hand(make_suite):
    suite = make_suite(submission=1, execution=2, notification=1, websocket=1)
    async with suite.client("alice") as alice:
        events = await alice.listen()
        made = [await alice.submit("python3", SLOW) for _ in range(4)]
        for each in made[:2]:
            await events.wait_for("submission.running", each["id"])
        assert suite.execution[0].stop() == 0
        for each in made:
            assert (await events.finished(each["id"], 40))["data"]["status"] == "accepted"
