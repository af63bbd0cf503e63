"""A user of Sluice: HTTP by aiohttp, WebSocket by websockets, nothing about how either service works.
Everything that waits has a deadline; nothing sleeps."""

import asyncio
import json

import aiohttp
import websockets


class answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    @property
    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"<{self.status} {self.text[:500]}>"


class client:
    """`async with suite.client("alice") as alice:`"""

    def __init__(self, http_url, ws_url, token=None):
        self.http_url, self.ws_url, self.token = http_url, ws_url, token
        self.session = None
        self.listeners = []

    async def __aenter__(self):
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(self, *_):
        for each in self.listeners:
            await each.close()
        await self.session.close()

    # -- HTTP ---------------------------------------------------------------------------------------

    async def request(self, method, path, body=None, headers=None, data=None, redirects=True):
        """Any request; `body` goes as JSON, `data` as it is."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        sent.update(headers or {})
        async with self.session.request(method, self.http_url + path, data=data, headers=sent,
                                        allow_redirects=redirects) as got:
            return answer(got.status, got.headers, await got.text())

    async def submit(self, language, source, wait=None, headers=None, **more):
        """Posts a program, expects 201, returns the body. `more`: stdin, args, limits, expected_output …"""
        path = "/api/v1/submissions" + (f"?wait={wait}" if wait else "")
        got = await self.request("POST", path, {"language": language, "source": source, **more}, headers)
        assert got.status == 201, got
        return got.json

    async def get(self, submission_id, wait=None):
        path = f"/api/v1/submissions/{submission_id}" + (f"?wait={wait}" if wait else "")
        got = await self.request("GET", path)
        assert got.status == 200, got
        return got.json

    async def finished(self, submission_id, timeout=30):
        """The submission once it has ended (pushed by the server, not polled for)."""
        found = await self.get(submission_id, wait=min(30, timeout))
        assert found["status"] not in ("queued", "running"), f"not finished within {timeout} s: {found}"
        return found

    # -- WebSocket ----------------------------------------------------------------------------------

    async def listen(self, last_event_id=None, ticket=None, url=None, headers=None, subprotocols=None):
        """Opens a WebSocket and waits for the welcome."""
        query = []
        if last_event_id is not None:
            query.append(f"last_event_id={last_event_id}")
        if ticket is not None:
            query.append(f"ticket={ticket}")
        target = (url or self.ws_url) + ("?" + "&".join(query) if query else "")
        if headers is None:
            is_known = ticket is not None or subprotocols or not self.token
            headers = {} if is_known else {"Authorization": f"Bearer {self.token}"}
        socket = await websockets.connect(target, extra_headers=headers, subprotocols=subprotocols, max_size=None,
                                          open_timeout=10, close_timeout=5)
        made = listener(socket)
        self.listeners.append(made)
        made.welcome = await made.wait_for("welcome")
        return made


class listener:
    """One WebSocket connection. Keeps every frame it got, in order."""

    def __init__(self, socket):
        self.socket = socket
        self.frames = []
        self.welcome = None
        self._news = asyncio.Condition()
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def _read(self):
        try:
            async for text in self.socket:
                async with self._news:
                    self.frames.append(json.loads(text))
                    self._news.notify_all()
        except websockets.ConnectionClosed:
            pass
        finally:
            async with self._news:
                self._news.notify_all()

    async def wait_until(self, condition, timeout=10, what="the frame"):
        """Waits until `condition(frames)` gives something true, and returns it."""
        async def wait():
            async with self._news:
                while not (value := condition(self.frames)):
                    if self._reader.done() or self.socket.closed:
                        raise AssertionError(f"closed ({self.close_code}) before {what}; got {self.types()}")
                    await self._news.wait()
                return value
        try:
            return await asyncio.wait_for(wait(), timeout)
        except asyncio.TimeoutError:
            raise AssertionError(f"{what} did not come within {timeout} s; got {self.types()}") from None

    async def wait_for(self, kind, submission_id=None, timeout=10):
        """The first frame of this type (and of this submission)."""
        def find(frames):
            return next((frame for frame in frames if frame["type"] == kind
                         and submission_id in (None, frame.get("submission_id"))), None)
        return await self.wait_until(find, timeout, f"{kind} of {submission_id}")

    async def finished(self, submission_id, timeout=30):
        return await self.wait_for("submission.finished", submission_id, timeout)

    async def send(self, frame):
        await self.socket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))

    async def call(self, kind, request_id, timeout=10, **more):
        """Sends a frame and returns the ack or error that answers it."""
        await self.send({"type": kind, "request_id": request_id, **more})

        def find(frames):
            return next((frame for frame in frames if frame["type"] in ("ack", "error")
                         and request_id in (frame.get("request_id"), frame.get("data", {}).get("request_id"))), None)
        return await self.wait_until(find, timeout, f"the answer to {kind}")

    async def wait_closed(self, timeout=10):
        """The close code."""
        await asyncio.wait_for(self.socket.wait_closed(), timeout)
        return self.close_code

    @property
    def close_code(self):
        return self.socket.close_code

    def types(self):
        return [frame.get("type") for frame in self.frames]

    def events(self, submission_id=None):
        """Stored events (those with an event id), in the order in which they came."""
        return [frame for frame in self.frames if frame.get("event_id")
                and submission_id in (None, frame.get("submission_id"))]

    def last_event_id(self):
        return self.events()[-1]["event_id"] if self.events() else None

    async def close(self):
        await self.socket.close()
        await self._reader

    async def cut(self):
        """Drops the TCP connection without a closing handshake, as a lost network does."""
        self.socket.transport.abort()
        await self._reader
