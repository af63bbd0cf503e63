"""Sends a first program round and tells how long each hop took: what ./dev run ends its start with.
Only the standard library, because it must work before any Python package is installed; hence the few
lines of WebSocket below (a client that reads text frames, nothing else)."""

import base64
import http.client
import json
import os
import socket
import struct
import time

from .processes import failure

PROGRAM = 'name = input()\nprint(f"Hello, {name}! The sum of 1..100 is {sum(range(101))}.")\n'


class frame_reader:
    """Reads the text frames that a Sluice websocket node sends."""

    def __init__(self, address, token, timeout):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             f"Authorization: Bearer {token}\r\n\r\n").encode())
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline().decode()
        if " 101 " not in status:
            raise failure(f"the websocket service refused the connection: {status.strip()}")
        while self.stream.readline() not in (b"\r\n", b""):
            pass

    def next(self):
        """The next JSON frame."""
        while True:
            head = self.stream.read(2)
            if len(head) < 2:
                raise failure("the websocket service closed the connection")
            length = head[1] & 127
            if length == 126:
                length = struct.unpack(">H", self.stream.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.stream.read(8))[0]
            body = self.stream.read(length)
            if head[0] & 15 == 1:
                return json.loads(body)

    def close(self):
        self.stream.close()
        self.socket.close()


def post(address, token, body, timeout):
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
    try:
        connection.request("POST", "/api/v1/submissions", json.dumps(body),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    if answer.status != 201:
        raise failure(f"the API answered {answer.status} to the first program: {text}")
    return json.loads(text)


def send_round(api_address, ws_address, token, timeout=30):
    """Posts the program and waits for its result on WebSocket: (accepted, [(hop, ms since post)], finished frame)."""
    reader = frame_reader(ws_address, token, timeout)
    try:
        welcome = reader.next()
        if welcome.get("type") != "welcome":
            raise failure(f"the first frame was not a welcome: {welcome}")
        begin = time.monotonic()
        accepted = post(api_address, token, {"language": "python3", "source": PROGRAM, "stdin": "Sluice"}, timeout)
        hops = [("201 from the API", (time.monotonic() - begin) * 1000)]
        until = begin + timeout
        while time.monotonic() < until:
            frame = reader.next()
            if frame.get("submission_id") != accepted["id"]:
                continue
            hops.append((frame["type"], (time.monotonic() - begin) * 1000))
            if frame["type"] == "submission.finished":
                return accepted, hops, frame
        raise failure("no result came over WebSocket")
    except TimeoutError:
        raise failure(f"no result came over WebSocket within {timeout} s") from None
    finally:
        reader.close()
