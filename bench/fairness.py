#!/usr/bin/python3
"""How long one user's single job waits beside another user's thousand. One user posts 1,000 jobs that sleep a moment;
then another posts one small job after the other, each when the one before has ended. Printed is the time from
acceptance to the start of the program, with nothing else queued and with the thousand, in turn, and the ratio; and what the
thousand would cost if they went first. Servers and services are private and end with the benchmark."""

import argparse
import http.client
import json
import statistics
import sys
from datetime import datetime

from pipeline import TOKEN, failure, pipeline, ROOT  # bench/pipeline.py
from devtools import services  # noqa: E402  found through pipeline

OTHER = "other-token"
SMALL = {"language": "bash", "source": "true"}


class two_users(pipeline):
    def settings(self, name):
        given = services.settings(name, self.servers, {TOKEN: "heavy", OTHER: "light"}, level="warn")
        given.update(change.split("=", 1) for service, change in self.changes if service == name)
        return given


class caller:
    def __init__(self, url, token):
        self.connection = http.client.HTTPConnection(url.rpartition("/")[2], timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise failure(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def in_flight(self):
        limits = self.ask("GET", "/api/v1/me/quotas")["limits"]
        return next(each["used"] for each in limits if each["name"] == "submissions_in_flight")


def start_delay(light):
    """Milliseconds from acceptance to the start of the program."""
    done = light.ask("POST", "/api/v1/submissions?wait=30", SMALL)
    if done["status"] != "accepted":
        raise failure(f"ended as {done['status']}")
    times = done["timestamps"]
    begun, started = (datetime.fromisoformat(times[name].replace("Z", "+00:00")) for name in ("created_at", "started_at"))
    return (started - begun).total_seconds() * 1000


def line(name, delays):
    ordered = sorted(delays)
    print(f"{name:<34} p50 {statistics.median(ordered):8.1f} ms  max {ordered[-1]:8.1f} ms  ({len(ordered)} jobs)")
    return statistics.median(ordered)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=f"{ROOT}/build/release")
    parser.add_argument("--jobs", type=int, default=1000, help="of the other user, all at once")
    parser.add_argument("--sleep", type=float, default=0.1, help="seconds that each of them sleeps")
    parser.add_argument("--probes", type=int, default=15, help="single jobs in each state")
    options = parser.parse_args()
    with two_users(options.build) as run:
        url = run.one("submission").url
        heavy, light = caller(url, TOKEN), caller(url, OTHER)
        for _ in range(5):
            start_delay(light)  # warm
        alone = [start_delay(light) for _ in range(options.probes)]
        item = {"language": "bash", "source": f"sleep {options.sleep}"}
        left = options.jobs
        while left > 0:
            heavy.ask("POST", "/api/v1/batches", {"items": [item] * min(500, left)})
            left -= 500
        first = heavy.in_flight()
        beside = [start_delay(light) for _ in range(options.probes)]
        last = heavy.in_flight()
    if last == 0:
        raise failure("the thousand ended before the probes did: nothing was measured")
    quiet = line("nothing else queued", alone)
    busy = line(f"beside {options.jobs:,} of another user", beside)
    ended = (first - last) / len(beside)
    print(f"{'start delay':<34} x{busy / quiet:6.1f}, {busy - quiet:+.1f} ms = {(busy - quiet) / (options.sleep * 1000):.1f} of their "
          f"jobs' sleeps; {ended:.1f} of theirs ended for each probe; {first} to {last} were in flight")


if __name__ == "__main__":
    try:
        main()
    except failure as problem:
        sys.exit(f"bench fairness: {problem}")
