"""Webhooks as their receivers see them: signed, tried again, told once, never to where they must not go."""

import asyncio
import hashlib
import hmac
import json
import os
import re
import time
import uuid

import pytest

from support.hook_receiver import receiver, silent_server
from support.suite import ROOT

OPEN = {"SLUICE__WEBHOOKS__ENABLED": "true", "SLUICE__WEBHOOKS__ALLOW_LOOPBACK": "true", "SLUICE__WEBHOOKS__PORTS": '["any"]'}
QUICK = {**OPEN, "SLUICE__WEBHOOKS__FIRST_PAUSE": "50ms", "SLUICE__WEBHOOKS__LONGEST_PAUSE": "100ms",
         "SLUICE__WEBHOOKS__INTERVAL": "100ms", "SLUICE__WEBHOOKS__MAX_TRIES": "3", "SLUICE__WEBHOOKS__TIMEOUT": "2s"}
SETTINGS = {"submission": OPEN, "notification": QUICK}
DELIVERIES = "/api/v1/webhook-deliveries"


@pytest.fixture(scope="module")
def suite(make_module_suite):
    return make_module_suite(settings=SETTINGS, submission=1, execution=1, notification=1, websocket=1)


def signatures(headers):
    fields = [field.split("=", 1) for field in headers["Sluice-Signature"].split(",")]
    return dict(fields)["t"], [value for name, value in fields if name == "v1"]


def is_signed(secret, headers, body):
    at, given = signatures(headers)
    wanted = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return abs(time.time() - int(at)) < 60 and wanted in given


async def new_secret(client):
    got = await client.request("POST", "/api/v1/me/webhook/secret")
    assert got.status == 200, got
    return got.json["secret"]


async def deliveries(client, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    got = await client.request("GET", f"{DELIVERIES}?{text}")
    assert got.status == 200, got
    return got.json["items"]


async def ended(suite, client, delivery_id, rounds=1):
    """The delivery with its attempts, once it has ended for the nth time: the log is written after the answer was read."""
    await asyncio.to_thread(suite.notification[0].wait_for_event, "webhook_settled", 20, rounds,
                            delivery_id=delivery_id, is_last=True)
    return (await client.request("GET", f"{DELIVERIES}/{delivery_id}")).json


async def test_the_end_of_a_submission_is_told_signed(suite):
    async with suite.client("alice") as alice, receiver() as hook:
        secret = await new_secret(alice)
        made = await alice.submit("bash", "echo told", callback_url=hook.url, callback_headers={"X-Shop": "a b"})
        _, headers, body = await hook.wait_for(1)
        assert is_signed(secret, headers, body)
        assert headers["Sluice-Event"] == "submission.finished" and headers["X-Shop"] == "a b"
        assert headers["Content-Type"] == "application/json"
        told = json.loads(body)
        assert told["type"] == "submission.finished" and told["submission_id"] == made["id"]
        assert (told["data"]["status"], told["data"]["stdout"]) == ("accepted", "told\n")
        found = await ended(suite, alice, headers["Sluice-Delivery"])
        assert found["status"] == "delivered" and found["submission_id"] == made["id"]
        assert [each["http_status"] for each in found["attempts"]] == [200]
        assert found["attempts"][0]["address"] == "127.0.0.1"
        assert [each["id"] for each in await deliveries(alice, submission_id=made["id"])] == [found["id"]]
        # No other user has it.
        async with suite.client("bob") as bob:
            assert (await bob.request("GET", f"{DELIVERIES}/{found['id']}")).status == 404
            assert (await bob.request("POST", f"{DELIVERIES}/{found['id']}/replay")).status == 404
            assert await deliveries(bob, submission_id=made["id"]) == []


async def test_errors_are_tried_again_until_one_is_taken(suite):
    async with suite.client("alice") as alice, receiver(500, 302, headers={"Location": "/elsewhere"}) as hook:
        await alice.submit("bash", "true", callback_url=hook.url)
        await hook.wait_for(3)
        assert {path for path, _, _ in hook.got} == {"/hook"}, "a redirect was followed"
        assert len({body for _, _, body in hook.got}) == 1
        ids = {headers["Sluice-Delivery"] for _, headers, _ in hook.got}
        assert len(ids) == 1
        assert [headers["Sluice-Attempt"] for _, headers, _ in hook.got] == ["1", "2", "3"]
        found = await ended(suite, alice, ids.pop())
        assert found["status"] == "delivered"
        assert [each["http_status"] for each in found["attempts"]] == [200, 302, 500]


async def test_a_failed_delivery_is_replayed_on_wish(suite):
    async with suite.client("alice") as alice, receiver(500, 500, 500) as hook:
        await alice.submit("bash", "true", callback_url=hook.url)
        _, headers, body = await hook.wait_for(3)
        found = await ended(suite, alice, headers["Sluice-Delivery"])
        assert found["status"] == "failed" and found["attempt_count"] == 3
        again = await alice.request("POST", f"{DELIVERIES}/{found['id']}/replay")
        assert again.status == 202 and again.json["status"] == "pending"
        _, headers, second = await hook.wait_for(4)
        assert headers["Sluice-Delivery"] == found["id"] and second == body
        found = await ended(suite, alice, found["id"], rounds=2)
        assert found["status"] == "delivered" and found["attempt_count"] == 4


async def test_a_batch_is_told_once_for_the_whole(suite):
    async with suite.client("alice") as alice, receiver() as hook:
        secret = await new_secret(alice)
        got = await alice.request("POST", "/api/v1/batches", {
            "commands": [f"echo {number}" for number in range(12)], "callback_url": hook.url})
        assert got.status == 201, got
        _, headers, body = await hook.wait_for(1)
        assert is_signed(secret, headers, body) and headers["Sluice-Event"] == "batch.finished"
        told = json.loads(body)
        assert told["correlation_id"] == got.json["correlation_id"] and told["data"]["counts"] == {"accepted": 12}
        await ended(suite, alice, headers["Sluice-Delivery"])
        assert len(await deliveries(alice, correlation_id=got.json["correlation_id"])) == 1 and len(hook.got) == 1


async def test_a_user_has_a_webhook_for_everything_and_a_secret_of_it(suite):
    async with suite.client("carol") as carol, receiver() as hook:
        assert (await carol.request("GET", "/api/v1/me/webhook")).status == 404
        made = await carol.request("PUT", "/api/v1/me/webhook", {"url": hook.url, "headers": {"X-Key": "hidden"}})
        assert made.status == 201, made
        first = made.json["secret"]
        assert "hidden" not in made.text and made.json["header_names"] == ["X-Key"]
        again = await carol.request("PUT", "/api/v1/me/webhook", {"url": hook.url})
        assert again.status == 200 and "secret" not in again.json
        assert first not in (await carol.request("GET", "/api/v1/me/webhook")).text
        await carol.submit("bash", "true")
        _, headers, body = await hook.wait_for(1)
        assert is_signed(first, headers, body)
        second = await new_secret(carol)
        await carol.submit("bash", "true")
        _, headers, body = await hook.wait_for(2)
        assert is_signed(first, headers, body) and is_signed(second, headers, body)
        assert (await carol.request("DELETE", "/api/v1/me/webhook")).status == 204
        silent = await carol.submit("bash", "true", wait=20)
        assert await deliveries(carol, submission_id=silent["id"]) == []


@pytest.mark.parametrize("url", [
    "http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[fd00::1]/", "http://[::ffff:10.0.0.1]/", "http://0x7f.1/",
    "http://user:password@example.com/", "ftp://example.com/", "http://example.com/\r\nX: y", "http://example.com/\0",
    "http://example.com/" + "a" * 2100, "gopher://x", ""])
async def test_a_url_that_may_not_be_is_refused_by_name(suite, url):
    async with suite.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/submissions", {"language": "bash", "source": "true", "callback_url": url})
        assert got.status == 422 and got.json["errors"][0]["field"] == "callback_url", got
        got = await alice.request("PUT", "/api/v1/me/webhook", {"url": url})
        assert got.status == 422, got


@pytest.mark.parametrize("headers", [{"X-A": "b\r\nHost: x"}, {"X-A": "b\0c"}, {"Host": "x"}, {"X A": "b"}, {"Sluice-Signature": "x"}])
async def test_a_header_that_breaks_out_is_refused(suite, headers):
    async with suite.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/submissions", {
            "language": "bash", "source": "true", "callback_url": "https://example.com/", "callback_headers": headers})
        assert got.status == 422 and got.json["errors"][0]["field"] == "callback_headers", got


async def test_a_name_that_has_no_address_or_a_dead_port_is_a_logged_attempt(suite):
    async with suite.client("bob") as bob, receiver() as hook:
        dead = f"http://127.0.0.1:{hook.port}/"
        await hook.runner.cleanup()
        for url in ("http://nobody.invalid/", dead):
            made = await bob.submit("bash", "true", wait=20, callback_url=url)
            listed = await deliveries(bob, submission_id=made["id"])
            found = await ended(suite, bob, listed[0]["id"])
            assert found["status"] == "failed" and len(found["attempts"]) == 3
            assert all(each["error"] and each["http_status"] is None for each in found["attempts"])


async def test_a_target_that_says_nothing_is_left_in_time_and_holds_up_no_other(suite):
    async with suite.client("alice") as alice, silent_server() as silent, receiver() as hook:
        made = await alice.submit("bash", "true", wait=20, callback_url=f"http://127.0.0.1:{silent.port}/")
        assert made["status"] == "accepted"
        await silent.wait_for(1)
        await alice.submit("bash", "true", callback_url=hook.url)
        await hook.wait_for(1, 2)  # sooner than the silent one is given up
        found = await ended(suite, alice, (await deliveries(alice, submission_id=made["id"]))[0]["id"])
        assert found["status"] == "failed" and len(found["attempts"]) == 3 and silent.taken == 3, found
        assert all(each["error"] and each["http_status"] is None for each in found["attempts"]), found


async def test_where_loopback_is_not_allowed_nothing_connects_to_it(make_suite):
    """The wall of notification alone: submission would have let it through."""
    strict = {**QUICK, "SLUICE__WEBHOOKS__ALLOW_LOOPBACK": "false"}
    own = make_suite({"submission": OPEN, "notification": strict}, submission=1, execution=1, notification=1)
    async with own.client("alice") as alice, receiver() as hook:
        for host in ("127.0.0.1", "localhost"):
            made = await alice.submit("bash", "true", wait=20, callback_url=f"http://{host}:{hook.port}/hook")
            listed = await deliveries(alice, submission_id=made["id"])
            found = await ended(own, alice, listed[0]["id"])
            assert found["status"] == "failed"
            assert all("loopback" in each["error"] for each in found["attempts"])
        assert hook.got == []


async def test_switched_off_a_callback_is_refused_with_the_reason(make_suite):
    own = make_suite(submission=1)
    async with own.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/submissions", {
            "language": "bash", "source": "true", "callback_url": "https://example.com/"})
        assert got.status == 422 and got.json["errors"][0]["code"] == "not_available"


async def test_the_example_of_the_documentation_checks_a_real_delivery(suite):
    with open(os.path.join(ROOT, "docs/api/webhooks.md"), encoding="utf-8") as file:
        code = re.search(r"```python\n(.*?)```", file.read(), flags=re.DOTALL).group(1)
    example = {}
    exec(code, example)  # pylint: disable=exec-used
    async with suite.client("alice") as alice, receiver() as hook:
        secret = await new_secret(alice)
        await alice.submit("bash", "true", callback_url=hook.url)
        _, headers, body = await hook.wait_for(1)
        check = example["is_from_sluice"]
        assert check(secret, headers["Sluice-Signature"], body)
        assert not check(secret, headers["Sluice-Signature"], body + b" ")
        assert not check("whs_other", headers["Sluice-Signature"], body)
        assert not check(secret, headers["Sluice-Signature"], body, now=time.time() + 3600)
        assert not check(secret, str(uuid.uuid4()), body)


@pytest.mark.deadline(90)
async def test_a_notification_killed_while_it_delivers_loses_nothing(make_suite):
    own = make_suite(SETTINGS, submission=1, execution=1, notification=1, websocket=1)
    async with own.client("alice") as alice, receiver() as hook:
        made = [await alice.submit("bash", "true", callback_url=hook.url) for _ in range(12)]
        await hook.wait_for(3)
        own.notification[0].kill()
        own.add("notification", QUICK)

        def told():
            return {json.loads(body)["submission_id"] for _, _, body in hook.got}
        async with hook.news:
            await asyncio.wait_for(hook.news.wait_for(lambda: len(told()) == len(made)), 60)
        assert told() == {each["id"] for each in made}
