#!/usr/bin/python3
"""What idle connections cost: as many as the open-file limit allows, from several loopback addresses, first of a thousand users, then
of one. Memory for each connection in the service against the same process before them, processor time of the heartbeats (the service's,
Redis') against the same seconds without connections, and how long one event takes from the first of its connections to the last.
Servers and services are private and end with the benchmark."""

import argparse
import base64
import json
import os
import resource
import selectors
import socket
import struct
import subprocess
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))

from pipeline import TOKEN, cpu_seconds, percentile, pipeline  # noqa: E402

ADDRESSES = 8
USERS = 1000
SPARE_FILES = 300  # what a process has open besides its connections


class connection:
    """The client's end, as small as it can be: it answers pings and notes when a submission's end arrived."""

    def __init__(self, number, port, token):
        self.socket = socket.socket()
        self.socket.bind((f"127.0.0.{2 + number % ADDRESSES}", 0))
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             f"Authorization: Bearer {token}\r\n\r\n").encode())
        self.buffer = b""
        self.is_open = False
        self.finished_at = None

    def arrived(self):
        """False: the server closed it."""
        more = self.socket.recv(65536)
        self.buffer += more
        if not self.is_open:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if end:
                assert head.startswith(b"HTTP/1.1 101"), head
                self.is_open, self.buffer = True, rest
        while self.is_open and self.take_frame():
            pass
        return bool(more)

    def take_frame(self):
        """One server's frame (RFC 6455, 5.2: never masked) from the buffer."""
        if len(self.buffer) < 2:
            return False
        opcode, size, begin = self.buffer[0] & 15, self.buffer[1], 2
        if size >= 126:
            form, begin = (">H", 4) if size == 126 else (">Q", 10)
            if len(self.buffer) < begin:
                return False
            size = struct.unpack_from(form, self.buffer, 2)[0]
        if len(self.buffer) < begin + size:
            return False
        payload, self.buffer = self.buffer[begin:begin + size], self.buffer[begin + size:]
        if opcode == 9:
            self.socket.sendall(bytes((0x8A, 0x80 | len(payload))) + bytes(4) + payload)  # masked with zeros
        elif opcode == 1 and b'"submission.finished"' in payload:
            self.finished_at = time.monotonic()
        return True


def hold(port, tokens, count):
    """The client process: opens `count` connections, says so, and on each line of stdin tells when the event arrived."""
    waiting = selectors.EpollSelector()
    all_of_them = []

    def serve(until, seconds):
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            for key, _ in waiting.select(0.1):
                if key.data is None:
                    return sys.stdin.readline()
                if not key.data.arrived():
                    waiting.unregister(key.fileobj)
        return None

    begun = time.monotonic()
    for number in range(count):
        one = connection(number, port, tokens[number % len(tokens)])
        all_of_them.append(one)
        waiting.register(one.socket, selectors.EVENT_READ, one)
        if number % 100 == 99:
            serve(lambda: all(each.is_open for each in all_of_them[-100:]), 30)
    serve(lambda: all(each.is_open for each in all_of_them), 30)
    print(json.dumps({"open": sum(each.is_open for each in all_of_them), "took": time.monotonic() - begun}), flush=True)
    waiting.register(sys.stdin, selectors.EVENT_READ, None)
    serve(lambda: False, 600)  # idle, answering pings, until told that an event is on its way
    serve(lambda: all(each.finished_at for each in all_of_them), 60)
    print(json.dumps([each.finished_at for each in all_of_them if each.finished_at]), flush=True)


class holder:
    def __init__(self, port, tokens, count):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--hold", str(port), str(count)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        print(json.dumps(tokens), file=self.process.stdin, flush=True)

    def heard(self):
        return json.loads(self.process.stdout.readline())

    def say(self):
        print("now", file=self.process.stdin, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def spent(bench, seconds):
    """Milliseconds of processor time for each second, of the service and of Redis."""
    pids = {"websocket": bench.one("websocket").pid, "redis": bench.servers.redis.process.pid}
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: (cpu_seconds(pid) - before[name]) * 1000 / seconds for name, pid in pids.items()}


def submit(bench):
    request = urllib.request.Request(
        bench.one("submission").url + "/api/v1/submissions",
        json.dumps({"language": "c17", "source": "int main(void) { return 0; }"}).encode(),
        {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201


def measure(bench, label, tokens, count, seconds, before, had_any=False):
    pid = bench.one("websocket").pid
    port = int(bench.one("websocket").listeners["ws"].rpartition(":")[2])
    memory = pss_kib(pid)
    with holder(port, tokens, count) as client:
        opened = client.heard()
        grown = pss_kib(pid) - memory
        print(f"{label}: {opened['open']} of {count} connections open after {opened['took']:.1f} s", flush=True)
        if not had_any:  # what the allocator kept of earlier ones would flatter later ones
            print(f"  {grown * 1024 / max(1, opened['open']):.0f} bytes each in the service ({memory >> 10} MiB before them; "
                  "aim: under 12288)", flush=True)
        idle = spent(bench, seconds)
        for name in idle:
            each = (idle[name] - before[name]) * 1000 / max(1, opened["open"])
            print(f"  idle for {seconds} s: {name} {idle[name]:.1f} ms of processor time a second (without connections "
                  f"{before[name]:.1f}): {each:.1f} µs a connection and second", flush=True)
        if len(tokens) == 1:
            client.say()
            submit(bench)
            times = sorted(client.heard())
            if times:
                since = [(at - times[0]) * 1000 for at in times]
                print(f"  one event to {len(times)} connections: after its first, p50 {percentile(since, .5):.0f} ms, "
                      f"p99 {percentile(since, .99):.0f} ms, the last {since[-1]:.0f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    parser.add_argument("--connections", type=int, default=min(limit, 100_000) - SPARE_FILES,
                        help="at a time; what the open-file limit allows if not given")
    parser.add_argument("--seconds", type=int, default=41, help="of idleness that are measured; two heartbeats by default")
    parser.add_argument("--hold", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if options.hold:
        hold(options.hold[0], json.loads(sys.stdin.readline()), options.hold[1])
        return
    users = {f"bench-{number}": f"user-{number}" for number in range(USERS)}
    tokens = json.dumps({TOKEN: "bench", **users})
    changes = [f"websocket:SLUICE__AUTH__TOKENS={tokens}", f"websocket:SLUICE__WS__MAX_CONNECTIONS={options.connections + 1}"]
    with pipeline(options.build, changes) as bench:
        before = spent(bench, 10)
        measure(bench, f"{USERS} users", list(users), options.connections, options.seconds, before)
        measure(bench, "one user", [TOKEN], options.connections, options.seconds, before, had_any=True)


if __name__ == "__main__":
    main()
