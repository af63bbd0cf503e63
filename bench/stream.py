#!/usr/bin/python3
"""How soon output and orders arrive: from a program's write to the frame at the client, idle, with two busy slots and beside
a flood; what of a flood reaches its watcher and what it costs; from a cancel to the end of a running program. Programs print the clock,
which client and sandbox share, so a delay is one subtraction. Servers and services are private and end with the benchmark."""

import argparse
import asyncio
import json
import os
import sys
import time

import aiohttp
import websockets

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))

from pipeline import TOKEN, cpu_seconds, percentile, pipeline  # noqa: E402

CLOCK = """
import time, os
for i in range({count}):
    time.sleep({pause} + 0.007 * (i % 5))
    os.write(1, b"%d\\n" % time.time_ns())
time.sleep(0.1)
"""
BUSY = "while True: pass\n"
FLOOD = """
import os
line = b"x" * 63 + b"\\n"
for _ in range(100 * 1024 * 1024 // 64):
    os.write(1, line)
"""
SLEEPER = "import time\nprint('ready', flush=True)\ntime.sleep(100)\n"
LIMITS = {"cpu_time_ms": 60_000, "wall_time_ms": 120_000}


class user:
    """One connection; every frame is handed to whoever asked for its submission."""

    def __init__(self, bench):
        self.http_url = bench.one("submission").url
        self.ws_url = bench.one("websocket").url
        self.seen = {}
        self.bytes = 0

    async def __aenter__(self):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.http = aiohttp.ClientSession(headers=headers)
        self.socket = await websockets.connect(self.ws_url, extra_headers=headers, max_size=None)
        self.reader = asyncio.get_running_loop().create_task(self.read())
        return self

    async def __aexit__(self, *_):
        await self.socket.close()
        await self.reader
        await self.http.close()

    async def read(self):
        async for text in self.socket:
            now = time.time_ns()
            frame = json.loads(text)
            self.bytes += len(text)
            self.queue(frame.get("submission_id")).put_nowait((now, frame))

    def queue(self, submission_id):
        return self.seen.setdefault(submission_id, asyncio.Queue())

    async def start(self, source, watch=True, **more):
        body = {"language": "python3", "source": source, "limits": LIMITS, **more}
        async with self.http.post(self.http_url + "/api/v1/submissions", json=body) as answer:
            assert answer.status == 201, await answer.text()
            made = (await answer.json())["id"]
        if watch:
            await self.socket.send(json.dumps({"type": "subscribe", "request_id": made, "submission_id": made}))
        return made

    async def wait_for(self, made, kind):
        while True:
            now, frame = await asyncio.wait_for(self.queue(made).get(), 150)
            if frame["type"] == kind:
                return now, frame

    async def cancel(self, made):
        await self.socket.send(json.dumps({"type": "cancel", "request_id": 1, "submission_id": made}))

    async def delays(self, count, pause=0.06):
        """Milliseconds from each write to its frame."""
        made = await self.start(CLOCK.format(count=count, pause=pause))
        found = []
        while True:
            now, frame = await asyncio.wait_for(self.queue(made).get(), 60)
            if frame["type"] == "submission.output":
                # The first piece of all waits for the program's end for a while, by design; it counts.
                found += [(now - int(line)) / 1e6 for line in frame["data"]["data"].split()]
            if frame["type"] == "submission.finished":
                assert frame["data"]["status"] == "accepted", frame
                return found

    async def cancels(self, count, by):
        found = []
        for _ in range(count):
            made = await self.start(SLEEPER)
            await self.wait_for(made, "submission.output")
            begun = time.time_ns()
            if by == "frame":
                await self.cancel(made)
            else:
                async with self.http.delete(f"{self.http_url}/api/v1/submissions/{made}") as answer:
                    assert answer.status in (200, 202)
            now, frame = await self.wait_for(made, "submission.finished")
            assert frame["data"]["status"] == "cancelled", frame
            found.append((now - begun) / 1e6)
        return found


def show(label, values):
    shares = " ".join(f"p{share} {percentile(values, share / 100):6.1f}" for share in (50, 95, 99))
    print(f"{label:44} {shares} ms  ({len(values)})", flush=True)


async def flood(bench, one, other, count):
    pids = {name: bench.one(name).pid for name in ("execution", "websocket", "notification")}
    pids["redis"] = bench.servers.redis.process.pid
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    bytes_before = one.bytes
    begun = time.monotonic()
    made = await one.start(FLOOD, on_output_limit="truncate")
    beside = asyncio.get_running_loop().create_task(other.delays(count))
    frames = pieces = lost = 0
    while True:
        _, frame = await asyncio.wait_for(one.queue(made).get(), 150)
        frames += 1
        if frame["type"] == "submission.output":
            pieces += len(frame["data"]["data"])
        if frame["type"] == "gap":
            lost += frame["data"]["to"] - frame["data"]["from"] + 1
        if frame["type"] == "submission.finished":
            break
    took = time.monotonic() - begun
    wall = frame["data"]["wall_ms"]
    delays = await beside
    print(f"flood of 64-byte writes, ended by {frame['data']['status']} after {wall} ms: {frames} frames, "
          f"{pieces >> 10} KiB of output and {lost} gaps reached the watcher, {(one.bytes - bytes_before) >> 10} KiB in all")
    spent = "  ".join(f"{name} {(cpu_seconds(pid) - before[name]) * 1000:.0f}" for name, pid in pids.items())
    print(f"processor time meanwhile ({took:.1f} s), ms: {spent}")
    return delays


async def measure(bench, quick):
    count = 60 if quick else 200
    async with user(bench) as one, user(bench) as other:
        await other.delays(5)  # warm
        idle = await other.delays(count)
        show("write to frame, idle", idle)
        busy = [await one.start(BUSY, watch=False) for _ in range(2)]
        for each in busy:
            await one.wait_for(each, "submission.running")
        loaded = await other.delays(count)
        show("write to frame, two busy slots", loaded)
        for each in busy:
            await one.cancel(each)
            await one.wait_for(each, "submission.finished")
        beside = await flood(bench, one, other, count // 4)
        show("write to frame, beside the flood", beside)
        print(f"ratio of the medians to idle: two busy slots {percentile(loaded, .5) / percentile(idle, .5):.2f}, "
              f"flood {percentile(beside, .5) / percentile(idle, .5):.2f}")
        for by in ("frame", "http"):
            show(f"cancel ({by}) to the end at the client", await one.cancels(20 if quick else 100, by))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    arguments = parser.parse_args()
    with pipeline(arguments.build, ["execution:SLUICE__SANDBOX__SLOTS=3"]) as bench:
        asyncio.run(measure(bench, arguments.quick))


if __name__ == "__main__":
    main()
