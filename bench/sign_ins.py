#!/usr/bin/python3
"""A storm of sign-ins beside ordinary work: right passwords, wrong ones and unknown accounts, paced evenly from many
loopback addresses, while another user submits programs at a steady rate. The submissions before and after the storm
are the baseline of the same run. Prints what was answered, how long it took, what became of the submissions, and the
memory of the submission service. Bounded in count and time; servers and services are private and end with the benchmark."""

import argparse
import asyncio
import collections
import multiprocessing
import sys
import time

import aiohttp

from pipeline import TOKEN, failure, percentile, pipeline, ROOT  # bench/pipeline.py

PASSWORD = "correct horse battery"
AUTH = "/api/v1/auth"
KINDS = ("right", "wrong", "unknown")
RIGHT_ACCOUNTS, WRONG_ACCOUNTS = 20, 40
MOST_WAITING = 1000  # requests of the storm without an answer; more are not begun
PROGRAM = {"language": "bash", "source": "echo done"}


def memory_mb(pid):
    """Resident now, and the most so far."""
    found = {}
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                found[name] = int(value.split()[0]) / 1024
    return found["VmRSS"], found["VmHWM"]


# -- the ordinary user: a process of its own, so that the storm's client does not make him wait ---------


async def submit_steadily(url, rate, stop):
    """(when begun, seconds to its acceptance, seconds to the end, status) of each."""
    rows = []
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(url, headers=headers, timeout=aiohttp.ClientTimeout(total=60)) as session:
        async def one():
            begun = time.monotonic()
            try:
                async with session.post("/api/v1/submissions", json=PROGRAM) as answer:
                    made, status = await answer.json(), answer.status
                taken = time.monotonic()
                if status not in (201, 202):
                    return rows.append((begun, None, None, status))
                async with session.get(f"/api/v1/submissions/{made['id']}?wait=30") as answer:
                    end = await answer.json()
                return rows.append((begun, taken - begun, time.monotonic() - begun, end["status"]))
            except (aiohttp.ClientError, TimeoutError, asyncio.TimeoutError) as problem:
                return rows.append((begun, None, None, type(problem).__name__))
        running, next_one = set(), time.monotonic()
        while not stop.is_set():
            running.add(task := asyncio.create_task(one()))
            task.add_done_callback(running.discard)
            next_one += 1 / rate
            await asyncio.sleep(max(0, next_one - time.monotonic()))
        await asyncio.gather(*running)
    return rows


def ordinary_user(url, rate, stop, out):
    out.put(asyncio.run(submit_steadily(url, rate, stop)))


# -- the storm ------------------------------------------------------------------------------------------


class storm:
    def __init__(self, url, addresses):
        self.answers = collections.defaultdict(list)  # (kind, status) → seconds
        self.faults = collections.Counter()
        # Of each address a few kept connections, as a browser has them.
        self.sessions = [aiohttp.ClientSession(
            url, timeout=aiohttp.ClientTimeout(total=60),
            connector=aiohttp.TCPConnector(local_addr=(f"127.0.{n // 250 + 1}.{n % 250 + 1}", 0), limit=6)) for n in range(addresses)]

    async def close(self):
        await asyncio.gather(*(each.close() for each in self.sessions))

    async def register(self):
        names = [f"right-{n}" for n in range(RIGHT_ACCOUNTS)] + [f"wrong-{n}" for n in range(WRONG_ACCOUNTS)]
        for at, name in enumerate(names):
            async with self.sessions[at % len(self.sessions)].post(f"{AUTH}/register", json={"name": name, "password": PASSWORD}) as got:
                if got.status != 201:
                    raise failure(f"register {name}: {got.status} {await got.text()}")

    async def sign_in(self, number):
        kind, turn = KINDS[number % 3], number // 3
        login = {"right": f"right-{turn % RIGHT_ACCOUNTS}", "wrong": f"wrong-{turn % WRONG_ACCOUNTS}", "unknown": f"nobody-{turn}"}[kind]
        body = {"login": login, "password": PASSWORD if kind != "wrong" else PASSWORD + "?"}
        begun = time.monotonic()
        try:
            async with self.sessions[number % len(self.sessions)].post(f"{AUTH}/sign-in", json=body) as got:
                await got.read()
                self.answers[kind, got.status].append(time.monotonic() - begun)
                wanted = {200, 429, 503} if kind == "right" else {401, 429, 503}
                if got.status not in wanted:
                    self.faults[f"{kind}: {got.status}"] += 1
                if got.status in (429, 503) and "Retry-After" not in got.headers:
                    self.faults[f"{got.status} without Retry-After"] += 1
        except (aiohttp.ClientError, TimeoutError, asyncio.TimeoutError) as problem:
            self.faults[f"{kind}: {type(problem).__name__}"] += 1

    async def rage(self, count, seconds):
        running, begun = set(), time.monotonic()
        for number in range(count):
            while len(running) >= MOST_WAITING:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            running.add(task := asyncio.create_task(self.sign_in(number)))
            task.add_done_callback(running.discard)
            await asyncio.sleep(max(0, begun + (number + 1) * seconds / count - time.monotonic()))
        paced = time.monotonic() - begun
        await asyncio.gather(*running)
        return paced


# -- one run --------------------------------------------------------------------------------------------


async def run_storm(url, pid, options, marks):
    one = storm(url, options.addresses)
    try:
        await one.register()
        before = memory_mb(pid)
        marks.append(time.monotonic())
        await asyncio.sleep(options.calm)
        marks.append(time.monotonic())
        paced = await one.rage(options.count, options.seconds)
        marks.append(time.monotonic())
        await asyncio.sleep(options.calm)
        marks.append(time.monotonic())
        return one, paced, before, memory_mb(pid)
    finally:
        await one.close()


def report_storm(one, paced, options):
    total = sum(len(each) for each in one.answers.values())
    print(f"storm: {total} of {options.count} sign-ins answered, begun within {paced:.1f} s, from {options.addresses} addresses")
    for kind in KINDS:
        found = {status: len(each) for (its, status), each in sorted(one.answers.items()) if its == kind}
        print(f"  {kind:<8}" + "  ".join(f"{status}: {count}" for status, count in found.items()))
    for label, statuses in (("checked (200, 401)", (200, 401)), ("refused (429, 503)", (429, 503))):
        seconds = [each for (_, status), times in one.answers.items() if status in statuses for each in times]
        if seconds:
            print(f"  {label}: {len(seconds)}, p50 {percentile(seconds, .5) * 1000:.1f} ms, p95 {percentile(seconds, .95) * 1000:.1f} ms")


def report_submissions(rows, marks):
    """What began within the storm against what began before and after it."""
    def within(begun):
        return marks[1] <= begun < marks[2]
    calm = [row for row in rows if marks[0] <= row[0] < marks[3] and not within(row[0])]
    stormy = [row for row in rows if within(row[0])]
    failed = [row[3] for row in calm + stormy if row[3] != "accepted"]
    for label, column in (("POST → accepted", 1), ("POST → end", 2)):
        quiet, loud = ([row[column] * 1000 for row in each if row[column] is not None] for each in (calm, stormy))
        p50, p95 = [(percentile(quiet, share), percentile(loud, share)) for share in (.5, .95)]
        print(f"submissions, {label}: without p50 {p50[0]:.1f} p95 {p95[0]:.1f} ms ({len(quiet)}) | with p50 {p50[1]:.1f} "
              f"p95 {p95[1]:.1f} ms ({len(loud)}) | x{p50[1] / p50[0]:.2f} and x{p95[1] / p95[0]:.2f}")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=f"{ROOT}/build/release")
    parser.add_argument("--count", type=int, default=10_000, help="sign-ins, at most 20,000")
    parser.add_argument("--seconds", type=float, default=60, help="within which they begin")
    parser.add_argument("--addresses", type=int, default=200, help="at most 5,000; each may try 100 times in five minutes")
    parser.add_argument("--rate", type=float, default=5, help="submissions of the other user a second")
    parser.add_argument("--calm", type=float, default=15, help="seconds of submissions alone, before and after")
    parser.add_argument("--set", action="append", default=[], help="service:NAME=value, a setting in the environment")
    options = parser.parse_args()
    options.count, options.addresses = min(options.count, 20_000), min(options.addresses, 5_000)
    with pipeline(options.build, options.set) as run:
        front = run.one("submission")
        stop, out = multiprocessing.Event(), multiprocessing.SimpleQueue()
        user = multiprocessing.Process(target=ordinary_user, args=(front.url, options.rate, stop, out))
        user.start()
        marks = []
        try:
            one, paced, before, after = asyncio.run(run_storm(front.url, front.pid, options, marks))
        finally:
            stop.set()
            rows = out.get()
            user.join()
    report_storm(one, paced, options)
    failed = report_submissions(rows, marks)
    print(f"memory of submission: {before[0]:.1f} MB before, {after[1]:.1f} at most, {after[0]:.1f} after")
    for fault, count in one.faults.items():
        print(f"FAULT {fault}: {count}")
    for status, count in collections.Counter(failed).items():
        print(f"FAULT a submission ended as {status}: {count}")
    if one.faults or failed:
        raise failure("the storm did harm")


if __name__ == "__main__":
    try:
        main()
    except failure as problem:
        sys.exit(f"bench sign_ins: {problem}")
