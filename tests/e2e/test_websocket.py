"""The WebSocket protocol as a foreign client (python3-websockets) sees it."""

import asyncio
import json
import socket

import pytest
import websockets


async def refused(action):
    try:
        await action
    except websockets.InvalidStatusCode as problem:
        return problem.status_code
    raise AssertionError("the handshake was accepted")


async def test_a_handshake_without_a_good_credential_is_401(suite):
    async with suite.client("alice") as alice:
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            assert await refused(alice.listen(headers=headers)) == 401
        assert await refused(alice.listen(ticket="0" * 43)) == 401


async def test_a_ticket_opens_one_connection(suite):
    async with suite.client("alice") as alice:
        made = await alice.request("POST", "/api/v1/ws-tickets")
        assert made.status in (200, 201), made
        events = await alice.listen(ticket=made.json["ticket"])
        assert events.welcome["data"]["user_id"] == "alice"
        assert await refused(alice.listen(ticket=made.json["ticket"])) == 401


async def test_a_token_may_come_as_a_subprotocol(suite):
    async with suite.client("alice") as alice:
        events = await alice.listen(subprotocols=["sluice.v1", "sluice.bearer.alice-token"])
        assert events.socket.subprotocol == "sluice.v1"


async def test_ping_is_acknowledged_and_unknown_types_are_errors(suite):
    async with suite.client("alice") as alice:
        events = await alice.listen()
        assert (await events.call("ping", "r1"))["type"] == "ack"
        assert (await events.call("dance", "r2"))["type"] == "error"
        assert (await events.call("stdin", "r3", submission_id="x", data={}))["type"] == "error"
        assert (await events.call("ping", "r4"))["type"] == "ack"


@pytest.mark.parametrize("frame,code", [("no json", 1007), ("x" * 200_000, 1009), (b"\x00\x01", 1003)],
                         ids=["not-json", "too-large", "binary"])
async def test_a_bad_frame_closes_with(suite, frame, code):
    async with suite.client("alice") as alice:
        events = await alice.listen()
        await events.send(frame)
        assert await events.wait_closed() == code


async def test_control_ping_and_fragmented_messages_work(suite):
    async with suite.client("alice") as alice:
        events = await alice.listen()
        await asyncio.wait_for(await events.socket.ping(), 5)
        text = json.dumps({"type": "ping", "request_id": "in-pieces"})
        await events.socket.send([text[:7], text[7:20], text[20:]])
        await events.wait_until(lambda frames: any("in-pieces" in json.dumps(each) for each in frames), 5, "the ack")


async def test_a_trimmed_stream_says_resync(make_suite):
    suite = make_suite()
    async with suite.client("alice") as alice:
        events = await alice.listen()
        first = await alice.submit("bash", "echo 1", wait=20)
        await events.finished(first["id"])
        old = events.events()[0]["event_id"]
        await events.close()
        suite.redis("XTRIM", "sluice:events:alice", "MAXLEN", "1")
        again = await alice.listen(last_event_id=old)
        assert again.welcome["data"]["resync"] is True


async def test_a_client_that_does_not_read_is_closed_alone(make_suite):
    suite = make_suite(submission=1, execution=1, notification=1, websocket=1,
                       settings={"websocket": {"SLUICE__WS__SEND_BUFFER": "1MiB"}})
    host, port = suite.websocket[0].listeners["ws"].split(":")
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    silent.connect((host, int(port)))
    reader, writer = await asyncio.open_connection(sock=silent, limit=1024)
    writer.write(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Authorization: Bearer alice-token\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    assert b"101" in await reader.readline()
    async with suite.client("alice") as alice:
        quick = await alice.listen()
        source = "print('x' * 200000)"
        # Enough to fill the kernel's buffers for the silent connection (4 MiB at most), and then ours.
        made = [await alice.submit("python3", source, limits={"output_bytes": 200_000}) for _ in range(40)]
        for each in made:
            await quick.finished(each["id"])
        suite.websocket[0].wait_for_metric("sluice_websocket_slow_clients_total", 1)
        assert not quick.socket.closed
        assert (await quick.call("ping", "still-here"))["type"] == "ack"
    writer.close()


async def test_a_draining_node_sends_its_clients_elsewhere(make_suite):
    suite = make_suite(submission=1, execution=1, notification=1, websocket=2)
    async with suite.client("alice", websocket=0) as alice:
        events = await alice.listen()
        assert suite.websocket[0].stop() == 0
        assert await events.wait_closed() == 1001
        other = await alice.listen(url=suite.websocket[1].url)
        made = await alice.submit("bash", "echo on")
        await other.finished(made["id"])
