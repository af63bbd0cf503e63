#!/usr/bin/python3
"""What signing in and checking a token cost. A sign-in is argon2id and meant to be slow. A token check is timed over one
kept connection as the same request, GET /api/v1/limits, with tokens of three kinds in turn: a configured one (a
look-up in memory: the route without a check, as near as it comes), a session that the process remembers, and
API keys that it has to ask Redis for (each is shown once in a while) or PostgreSQL (Redis was emptied). Prints medians
and what each adds to the first. Servers and services are private and end with the benchmark."""

import argparse
import http.client
import json
import statistics
import sys
import time

from pipeline import TOKEN, failure, pipeline, ROOT  # bench/pipeline.py

PASSWORD = "correct horse battery"
PATH = "/api/v1/limits"


class caller:
    """One connection; seconds for each answer."""

    def __init__(self, url):
        self.connection = http.client.HTTPConnection(url.rpartition("/")[2], timeout=60)
        self.connection.connect()

    def ask(self, method, path, token=None, body=None, expected=200):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        begun = time.perf_counter()
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        took = time.perf_counter() - begun
        if answer.status != expected:
            raise failure(f"{method} {path}: {answer.status} {text[:300]}")
        return took, json.loads(text) if text else None


def p50_p95(seconds):
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1000, ordered[int(0.95 * len(ordered))] * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=f"{ROOT}/build/release")
    parser.add_argument("--sign-ins", type=int, default=20)
    parser.add_argument("--keys", type=int, default=400, help="API keys, each shown once in a block")
    parser.add_argument("--rounds", type=int, default=5, help="blocks of each kind")
    options = parser.parse_args()
    changes = ["submission:SLUICE__AUTH__MAX_KEYS_PER_USER=1000", "submission:SLUICE__AUTH__ATTEMPTS__PER_ADDRESS=100000"]
    with pipeline(options.build, changes) as run:
        at = caller(run.one("submission").url)
        at.ask("POST", "/api/v1/auth/register", body={"name": "bench", "password": PASSWORD}, expected=201)
        login = {"login": "bench", "password": PASSWORD}
        sign_ins, unknown = [], []
        for number in range(options.sign_ins):
            took, made = at.ask("POST", "/api/v1/auth/sign-in", body=login)
            sign_ins.append(took)
            took, _ = at.ask("POST", "/api/v1/auth/sign-in", body={**login, "login": f"nobody-{number}"}, expected=401)
            unknown.append(took)
        session = made["access_token"]
        keys = [at.ask("POST", "/api/v1/auth/keys", session, {"name": f"key-{number}", "scopes": ["read"]}, 201)[1]["key"]
                for number in range(options.keys)]
        kinds = {"configured token (baseline)": [], "session, remembered": [], "key, from Redis": [], "key, from PostgreSQL": []}
        for _ in range(options.rounds):
            time.sleep(2.1)  # what was remembered is so for two seconds
            kinds["configured token (baseline)"] += [at.ask("GET", PATH, TOKEN)[0] for _ in keys]
            kinds["session, remembered"] += [at.ask("GET", PATH, session)[0] for _ in keys]
            kinds["key, from Redis"] += [at.ask("GET", PATH, key)[0] for key in keys]
            time.sleep(2.1)
            run.servers.redis.command("FLUSHALL")
            kinds["key, from PostgreSQL"] += [at.ask("GET", PATH, key)[0] for key in keys]
    right, _ = p50_p95(sign_ins)
    wrong, _ = p50_p95(unknown)
    print(f"sign-in                       p50 {right:8.3f} ms; of an unknown account {wrong:8.3f} ms = {wrong / right:4.2f} of it")
    base, _ = p50_p95(kinds["configured token (baseline)"])
    for kind, seconds in kinds.items():
        p50, p95 = p50_p95(seconds)
        print(f"{kind:<30}p50 {p50:8.3f} ms  p95 {p95:8.3f} ms  added {p50 - base:+7.3f} ms  x{p50 / base:5.2f}")


if __name__ == "__main__":
    try:
        main()
    except failure as problem:
        sys.exit(f"bench auth: {problem}")
