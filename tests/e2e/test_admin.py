"""Administration of running services: who may, what instances do when told, settings that change while
everything runs, and the configuration file read again."""

import asyncio
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse

import grpc
import pytest

ADMIN = "/api/v1/admin"
HELLO = "print('hello')"


@pytest.fixture(scope="module")
def office(servers, make_module_suite):
    return make_module_suite(submission=1, execution=2, notification=1, websocket=1, settings={
        "submission": {"SLUICE__AUTH__ADMINS": "carol", "SLUICE__GRPC__ENABLED": "true"}, "execution": {"SLUICE__SANDBOX__SLOTS": "2"}})


def instance_id(process):
    return json.loads(process.admin("/status")[1])["instance"]


def path_of(process, action):
    return f"{ADMIN}/instances/{urllib.parse.quote(instance_id(process), safe='')}/{action}"


async def admin(carol, method, path, body=None, status=200):
    got = await carol.request(method, path if path.startswith("/") else f"{ADMIN}/{path}", body)
    assert got.status == status, got
    return got.json


async def until(what, condition, seconds=10):
    """Asks again, each answer being a round trip, until the condition holds."""
    end = time.monotonic() + seconds
    while True:
        found = await what()
        if condition(found):
            return found
        assert time.monotonic() < end, f"still {found}"


async def run_some(alice, count=4):
    made = await asyncio.gather(*(alice.submit("python3", HELLO, wait=20) for _ in range(count)))
    assert {each["status"] for each in made} == {"accepted"}, made
    return {each["worker_id"] for each in made}


def admin_routes():
    with open(os.path.join(os.path.dirname(__file__), "../golden/routes.json"), encoding="utf-8") as file:
        return [(each["method"], each["path"]) for each in json.load(file) if each["access"] == "admin"]


@pytest.mark.parametrize("method,path", admin_routes())
async def test_only_administrators_may(office, method, path):
    path = path.replace("{id}", "x").replace("{service}", "execution")
    async with office.client("alice") as alice, office.client(None) as nobody:
        refused = await alice.request(method, path)
        assert refused.status == 403 and refused.json["code"] == "forbidden", refused
        assert (await nobody.request(method, path)).status == 401


async def test_every_instance_is_seen(office):
    async with office.client("carol") as carol:
        items = (await admin(carol, "GET", "instances"))["items"]
        assert sorted(each["service"] for each in items) == [
            "execution", "execution", "notification", "submission", "websocket"]
        for each in items:
            assert each["state"] == "running" and each["answers"] and each["version"] and each["config_digest"]
        workers = [each for each in items if each["service"] == "execution"]
        assert {each["instance"] for each in workers} == {instance_id(each) for each in office.execution}
        assert {each["slots"] for each in workers} == {2}


async def test_a_paused_worker_leaves_the_work_to_the_other(office):
    one, other = office.execution
    async with office.client("carol") as carol, office.client("alice") as alice:
        done = await admin(carol, "POST", path_of(one, "pause"))
        assert done["instances"] == [{"service": "execution", "instance": instance_id(one), "applied": True}]
        assert await run_some(alice) == {instance_id(other)}
        await admin(carol, "POST", path_of(one, "resume"))
        await admin(carol, "POST", path_of(other, "pause"))
        assert await run_some(alice) == {instance_id(one)}
        await admin(carol, "POST", "services/execution/resume")


async def test_the_internal_listener_pauses_too(office):
    one, other = office.execution
    assert one.admin("/pause", "POST")[0] == 200
    try:
        assert json.loads(one.admin("/status")[1])["state"] == "paused"
        async with office.client("alice") as alice:
            assert await run_some(alice) == {instance_id(other)}
    finally:
        assert one.admin("/resume", "POST")[0] == 200


async def test_queues_and_jobs_are_seen(office):
    async with office.client("carol") as carol, office.client("alice") as alice:
        await admin(carol, "POST", "services/execution/pause")
        made = [await alice.submit("python3", "input()", interactive=True) for _ in range(2)]

        async def waiting():
            items = (await admin(carol, "GET", "queues"))["items"]
            return {each["queue"]: each["ready"] for each in items}
        depths = await until(waiting, lambda found: found["submission_queue"] == 2)
        assert set(depths) == {"submission_queue", "execution_queue", "progress_queue", "submission_dead",
                               "execution_dead"}
        assert depths["submission_dead"] == 0
        assert (await admin(carol, "GET", "jobs"))["items"] == []
        await admin(carol, "POST", "services/execution/resume")

        async def running():
            return (await admin(carol, "GET", "jobs"))["items"]
        jobs = await until(running, lambda found: len(found) == 2)
        assert {each["submission_id"] for each in jobs} == {each["id"] for each in made}
        assert all(each["user_id"] == "alice" and each["language"] == "python3" and each["instance"] for each in jobs)
        for each in made:
            await alice.request("DELETE", f"/api/v1/submissions/{each['id']}?wait=10")
        await until(running, lambda found: not found)


async def test_a_paused_submission_service_refuses_new_work_only(office):
    async with office.client("carol") as carol, office.client("alice") as alice:
        await admin(carol, "POST", "services/submission/pause")
        try:
            refused = await alice.request("POST", "/api/v1/submissions", {"language": "python3", "source": HELLO})
            assert refused.status == 503 and refused.json["code"] == "service_paused", refused
            assert int(refused.headers["Retry-After"]) > 0
            batch = await alice.request("POST", "/api/v1/batches", {"items": [{"language": "python3", "source": HELLO}]})
            assert batch.status == 503, batch
            assert (await alice.request("GET", "/api/v1/submissions")).status == 200
        finally:
            await admin(carol, "POST", "services/submission/resume")
        await run_some(alice, 1)


async def test_a_paused_notification_service_leaves_results_in_their_queue(office):
    async with office.client("carol") as carol, office.client("alice") as alice:
        await admin(carol, "POST", "services/notification/pause")
        made = await alice.submit("python3", HELLO)

        async def waiting():
            items = (await admin(carol, "GET", "queues"))["items"]
            return next(each["ready"] for each in items if each["queue"] == "execution_queue")
        await until(waiting, lambda ready: ready == 1)
        await admin(carol, "POST", "services/notification/resume")
        assert (await alice.finished(made["id"]))["status"] == "accepted"


async def test_a_websocket_node_says_why_it_is_not_paused(office):
    async with office.client("carol") as carol:
        refused = await admin(carol, "POST", "services/websocket/pause", status=409)
        assert "drain it instead" in refused["detail"]
        await admin(carol, "POST", "instances/nobody/pause", status=404)
        await admin(carol, "POST", "services/nothing/pause", status=404)


async def test_a_changed_limit_is_enforced_at_once_and_audited(office):
    async with office.client("carol") as carol, office.client("alice") as alice:
        wide = {"language": "python3", "source": HELLO, "limits": {"wall_time_ms": 20000}}
        assert (await alice.request("POST", "/api/v1/submissions", wide)).status == 201
        change = {"submission": {"limits.maxima": {"wall_time_ms": 3000}}}
        got = await carol.request("PATCH", f"{ADMIN}/settings", change)
        assert got.status == 200, got
        assert got.json["changes"] == [{"service": "submission", "setting": "limits.maxima", "from": {},
                                        "to": {"wall_time_ms": "3000"}}]
        assert [each["applied"] for each in got.json["instances"]] == [True]
        refused = await alice.request("POST", "/api/v1/submissions", wide)
        assert refused.status == 422 and refused.json["errors"][0]["field"] == "limits.wall_time_ms", refused
        limits = await admin(alice, "GET", "/api/v1/limits")
        assert '"maximum":3000' in json.dumps(limits).replace(" ", "")
        entry = (await admin(carol, "GET", "audit?limit=1"))["items"][0]
        assert (entry["actor"], entry["action"], entry["target"], entry["setting"], entry["outcome"]) == (
            "carol", "set", "submission", "limits.maxima", "applied")
        assert entry["from"] == {} and entry["to"] == {"wall_time_ms": "3000"}
        assert entry["correlation_id"] == got.headers["X-Correlation-Id"]
        office.submission[0].wait_for_event("admin_action", actor="carol", setting="limits.maxima",
                                            correlation_id=entry["correlation_id"])
        await admin(carol, "PATCH", "settings", {"submission": {"limits.maxima": None}})
        assert (await alice.request("POST", "/api/v1/submissions", wide)).status == 201
        assert (await admin(carol, "GET", "audit?limit=1"))["items"][0]["action"] == "unset"


async def test_one_wrong_value_refuses_the_whole_change(office):
    async with office.client("carol") as carol:
        before = await admin(carol, "GET", "settings")
        newest = (await admin(carol, "GET", "audit?limit=1"))["items"]
        refused = await admin(carol, "PATCH", "settings", {
            "execution": {"active_slots": 1, "max_unpublished": 0, "prefetsch": 3, "run_as": "root"},
            "submission": {"log.level": "loud", "auth.admins": ["alice"], "auth.tokens": {}}}, status=422)
        assert {each["field"] for each in refused["errors"]} == {
            "execution.prefetsch", "execution.run_as", "submission.auth.tokens", "submission.auth.admins"}
        refused = await admin(carol, "PATCH", "settings", {
            "execution": {"active_slots": 1, "max_unpublished": 0}, "submission": {"log.level": "loud"}}, status=422)
        assert {each["field"] for each in refused["errors"]} == {"execution.max_unpublished", "submission.log.level"}
        assert await admin(carol, "GET", "settings") == before
        assert (await admin(carol, "GET", "audit?limit=1"))["items"] == newest
        too_many = await admin(carol, "PATCH", "settings", {"execution": {"active_slots": 3}}, status=422)
        assert "only 2 sandboxes" in too_many["errors"][0]["message"]


async def test_slots_change_while_running_and_a_new_worker_has_them(office):
    async with office.client("carol") as carol, office.client("alice") as alice:
        async def slots():
            items = (await admin(carol, "GET", "instances"))["items"]
            return sorted(each["active_slots"] for each in items if each["service"] == "execution")
        await admin(carol, "PATCH", "settings", {"execution": {"active_slots": 1}})
        assert await slots() == [1, 1]
        made = [await alice.submit("python3", "input()", interactive=True) for _ in range(3)]

        async def running():
            return (await admin(carol, "GET", "jobs"))["items"]
        assert len(await until(running, lambda found: len(found) == 2)) == 2
        third = office.add("execution", {"SLUICE__SANDBOX__SLOTS": "2"})
        third.wait_for_event("setting_changed", setting="active_slots", to="1")
        await until(running, lambda found: len(found) == 3)
        assert await slots() == [1, 1, 1]
        assert third.admin("/drain", "POST")[0] == 200
        for each in made:
            await alice.request("DELETE", f"/api/v1/submissions/{each['id']}?wait=10")
        assert third.process.process.wait(30) == 0
        await admin(carol, "PATCH", "settings", {"execution": {"active_slots": None}})
        assert await slots() == [2, 2]


async def test_a_drained_worker_finishes_its_run_and_is_gone(office):
    async with office.client("carol") as carol, office.client("alice") as alice:
        extra = office.add("execution", {"SLUICE__SANDBOX__SLOTS": "1"})
        for each in office.execution[:2]:
            each.admin("/pause", "POST")
        made = await alice.submit("python3", "import time; time.sleep(1); print('done')")
        extra.wait_for_event("task_taken", submission_id=made["id"])
        gone = instance_id(extra)
        await admin(carol, "POST", path_of(extra, "drain"))
        assert (await alice.finished(made["id"]))["worker_id"] == gone
        assert extra.process.process.wait(30) == 0
        assert gone not in {each["instance"] for each in (await admin(carol, "GET", "instances"))["items"]}
        for each in office.execution[:2]:
            each.admin("/resume", "POST")
        assert gone not in await run_some(alice)


@pytest.fixture(scope="module")
def admin_pb2(run_folder):
    """The messages of proto/sluice/v1/admin.proto, as any client makes them."""
    proto = os.path.join(os.path.dirname(__file__), "../../proto")
    made = os.path.join(run_folder, "python_proto")
    os.makedirs(made, exist_ok=True)
    subprocess.run(["protoc", "-I", proto, f"--python_out={made}", "sluice/v1/admin.proto"], check=True)
    sys.path.insert(0, made)
    return importlib.import_module("sluice.v1.admin_pb2")


class admin_stub:
    """sluice.v1.AdminService with one user's token."""

    def __init__(self, office, messages, token):
        self.channel = grpc.insecure_channel(office.submission[0].listeners["grpc"])
        self.messages, self.metadata = messages, [("authorization", f"Bearer {token}")] if token else []

    def call(self, method, **fields):
        answer = getattr(self.messages, f"{method}Response")
        ask = self.channel.unary_unary(f"/sluice.v1.AdminService/{method}",
                                       request_serializer=lambda message: message.SerializeToString(),
                                       response_deserializer=answer.FromString)
        return ask(getattr(self.messages, f"{method}Request")(**fields), metadata=self.metadata, timeout=20)


def test_the_same_over_grpc(office, admin_pb2):
    carol = admin_stub(office, admin_pb2, "carol-token")
    one = instance_id(office.execution[0])
    assert {each.service for each in carol.call("ListInstances").instances} == {
        "submission", "execution", "notification", "websocket"}
    assert len(carol.call("ListQueues").queues) == 5
    done = carol.call("OrderInstances", action=admin_pb2.INSTANCE_ACTION_PAUSE, instance=one)
    assert [(each.instance, each.applied) for each in done.instances] == [(one, True)]
    assert json.loads(office.execution[0].admin("/status")[1])["state"] == "paused"
    carol.call("OrderInstances", action=admin_pb2.INSTANCE_ACTION_RESUME, instance=one)
    change = admin_pb2.SettingChange(service="execution", name="max_unpublished", value="65")
    changed = carol.call("ChangeSettings", changes=[change])
    assert [(each.name, each.to) for each in changed.changes] == [("max_unpublished", "65")]
    now = {each.name: each.value for each in carol.call("ListSettings").settings if each.service == "execution"}
    assert now["max_unpublished"] == "65"
    entry = carol.call("ListAudit", limit=1).entries[0]
    assert (entry.actor, entry.setting, entry.to) == ("carol", "max_unpublished", "65")
    carol.call("ChangeSettings", changes=[admin_pb2.SettingChange(service="execution", name="max_unpublished")])
    with pytest.raises(grpc.RpcError) as refused:
        carol.call("ChangeSettings", changes=[admin_pb2.SettingChange(service="execution", name="prefetch", value="x")])
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "execution.prefetch" in refused.value.details()


@pytest.mark.parametrize("token,code", [("alice-token", "PERMISSION_DENIED"), (None, "UNAUTHENTICATED")])
@pytest.mark.parametrize("method", ["ListInstances", "ListQueues", "OrderInstances", "ListSettings", "ChangeSettings",
                                    "ListAudit"])
def test_grpc_is_for_administrators_too(office, admin_pb2, method, token, code):
    with pytest.raises(grpc.RpcError) as refused:
        admin_stub(office, admin_pb2, token).call(method)
    assert refused.value.code().name == code


def replace_file(text, path):
    """Replaces the file by rename, as editors and Kubernetes do."""
    new = path + ".new"
    with open(new, "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(new, path)


async def test_the_file_is_read_again_whole_or_not_at_all(make_suite):
    suite = make_suite(submission=0)
    path = os.path.join(suite.log_folder, "submission.yaml")
    replace_file("limits:\n  maxima: {wall_time_ms: 9000}\n", path)
    front = suite.make("submission")
    front.arguments = ["--config", path]
    suite.group.start([front])
    async with suite.client("alice") as alice:
        async def maximum():
            limits = await admin(alice, "GET", "/api/v1/limits")
            return next(each["maximum"] for each in limits["limits"] if each["name"] == "wall_time_ms")
        assert await maximum() == 9000

        # replaced by rename
        replace_file("limits:\n  maxima: {wall_time_ms: 8000}\nstart_timeout: 7s\n", path)
        front.wait_for_event("setting_changed", setting="limits.maxima", why="file")
        front.wait_for_event("setting_needs_restart", setting="start_timeout", why="file")
        assert await maximum() == 8000

        # a link that is swapped beside it, as a mounted config map does
        os.rename(path, path + ".8")
        os.symlink(path + ".8", path)
        with open(path + ".7", "w", encoding="utf-8") as file:
            file.write("limits:\n  maxima: {wall_time_ms: 7000}\n")
        os.symlink(path + ".7", path + ".link")
        os.rename(path + ".link", path)
        front.wait_for_event("setting_changed", setting="limits.maxima", to='{"wall_time_ms":"7000"}')
        assert await maximum() == 7000

        # two mistakes: each is told, nothing changes
        replace_file("limits:\n  maxima: {wall_time_ms: 6000}\noutbox:\n  batch: many\nlog:\n  levle: debug\n", path)
        front.wait_for_event("config_refused", count=2)
        assert await maximum() == 7000
        assert front.metric("sluice_config_refused") == 1

        # mended in place and said by signal: the file's own event may come first, once is enough
        with open(path, "w", encoding="utf-8") as file:
            file.write("limits:\n  maxima: {wall_time_ms: 5000}\n")
        os.kill(front.pid, signal.SIGHUP)
        front.wait_for_event("config_read", why="SIGHUP")
        front.wait_for_event("setting_changed", setting="limits.maxima", to='{"wall_time_ms":"5000"}')
        assert await maximum() == 5000
        assert front.metric("sluice_config_refused") == 0
        assert front.metric("sluice_config_changes_total", outcome="refused") == 1
