#!/usr/bin/python3
"""What the whole way costs: hello world in Python and C, one client after the other and with several at once,
from POST to the answer of ?wait and to the WebSocket event, against a bare fork+exec of the same program
measured in the same run, block by block in turn. Prints medians, ratios and the processor time that each
process spends on a job. Servers and services are private and end with the benchmark."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "scripts"))

from devtools import secrets_file, servers, services  # noqa: E402
from devtools.processes import failure  # noqa: E402

TOKEN = "bench-token"
PYTHON = "print('Hello, Sluice!')\n"
C = '#include <stdio.h>\nint main(void) { puts("Hello, Sluice!"); return 0; }\n'
TICKS = os.sysconf("SC_CLK_TCK")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def process_tree(pid):
    """A process and all its descendants, as pids."""
    found, todo = [], [pid]
    while todo:
        current = todo.pop()
        found.append(current)
        try:
            for task in os.listdir(f"/proc/{current}/task"):
                with open(f"/proc/{current}/task/{task}/children", encoding="ascii") as file:
                    todo.extend(int(child) for child in file.read().split())
        except FileNotFoundError:
            pass
    return found


def cpu_seconds(pid):
    """User and system time of a tree, its ended and waited-for children included."""
    total = 0
    for each in process_tree(pid):
        try:
            with open(f"/proc/{each}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS


class pipeline:
    """All servers and services in a temporary folder."""

    def __init__(self, build, changes=()):
        self.build = build
        self.changes = [change.split(":", 1) for change in changes]  # service, NAME=value
        self.home = tempfile.mkdtemp(prefix="sluice-bench-")
        os.chmod(self.home, 0o755)
        self.servers = servers.server_set(os.path.join(self.home, "servers"),
                                          secrets_file.load_or_make(os.path.join(self.home, "secrets.json")),
                                          is_durable=True)
        self.group = services.service_group()

    def __enter__(self):
        self.servers.start()
        self.servers.postgres.make_database("sluice")
        services.migrate(self.servers, self.build, "sluice", os.path.join(self.home, "migrate.log"))
        self.group.start([
            services.service_process(name, name, self.build, self.settings(name), self.home) for name in services.NAMES])
        return self

    def settings(self, name):
        given = services.settings(name, self.servers, {TOKEN: "bench"}, level="warn")
        given.update(change.split("=", 1) for service, change in self.changes if service == name)
        return given

    def __exit__(self, *_):
        self.group.stop()
        self.servers.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def one(self, name):
        return self.group.of(name)[0]

    def load(self, body, clients, jobs):
        command = [os.path.join(self.build, "bin/sluice-load"), "--http-port", self.one("submission").url.rpartition(":")[2],
                   "--ws-port", self.one("websocket").listeners["ws"].rpartition(":")[2], "--token", TOKEN,
                   "--body", body, "--clients", str(clients), "--jobs", str(jobs)]
        return run_load(command)

    def pids(self):
        found = {name: self.one(name).pid for name in services.NAMES}
        found.update({each.name: each.process.pid for each in self.servers.all})
        return found


def run_load(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if not done.stdout:
        raise failure(f"{' '.join(command)}: {done.stderr}")
    outcome = json.loads(done.stdout)
    if outcome["failures"]:
        raise failure(f"{len(outcome['failures'])} failures, the first: {outcome['failures'][0]}")
    return outcome


def bare(build, command, clients, jobs):
    return run_load([os.path.join(build, "bin/sluice-load"), "--bare", "--clients", str(clients), "--jobs", str(jobs),
                     "--", *command])


def measure(run, label, body, command, clients, jobs, rounds):
    """`rounds` blocks of bare and pipeline in turn; percentiles over all, throughput as median of rounds."""
    answers, events, floor, rates, floor_rates = [], [], [], [], []
    run.load(body, clients, max(4, jobs // 10))  # warm: caches, prepared statements
    before = {name: cpu_seconds(pid) for name, pid in run.pids().items()}
    for _ in range(rounds):
        plain = bare(run.build, command, clients, jobs)
        floor += plain["answer_ms"]
        floor_rates.append(jobs / plain["elapsed_s"])
        outcome = run.load(body, clients, jobs)
        answers += outcome["answer_ms"]
        events += outcome["event_ms"]
        rates.append(jobs / outcome["elapsed_s"])
    after = {name: cpu_seconds(pid) for name, pid in run.pids().items()}
    median = statistics.median
    print(f"{label:<8}{clients:>3} clients | answer p50 {median(answers):7.1f}  p95 {percentile(answers, .95):7.1f}  "
          f"p99 {percentile(answers, .99):7.1f} ms | event p50 {median(events):7.1f} ms | bare p50 {median(floor):6.1f} ms | "
          f"over bare {median(answers) - median(floor):+6.1f} ms, x{median(answers) / median(floor):5.2f} | "
          f"{median(rates):6.1f} jobs/s = {median(rates) / median(floor_rates):4.2f} of bare {median(floor_rates):6.1f}")
    spent = {name: (after[name] - before[name]) * 1000 / (rounds * jobs) for name in before}
    print("         processor ms per job: " + "  ".join(f"{name} {ms:.2f}" for name, ms in spent.items()), flush=True)
    return {"label": label, "clients": clients, "answer_p50_ms": median(answers), "event_p50_ms": median(events),
            "bare_p50_ms": median(floor), "jobs_per_s": median(rates), "bare_jobs_per_s": median(floor_rates), "cpu_ms": spent}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    parser.add_argument("--jobs", type=int, default=100, help="submissions in a block")
    parser.add_argument("--rounds", type=int, default=3, help="blocks of each kind")
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 2, 4, 8, 16])
    parser.add_argument("--only", choices=["python", "c"], help="one program instead of both")
    parser.add_argument("--setting", action="append", default=[], metavar="SERVICE:NAME=VALUE",
                        help="change a setting, such as execution:SLUICE__PREFETCH=4")
    parser.add_argument("--json", help="write the figures to this file as well")
    options = parser.parse_args()

    results = []
    with pipeline(options.build, options.setting) as run:
        c_file, c_program = os.path.join(run.home, "hello.c"), os.path.join(run.home, "hello")
        with open(c_file, "w", encoding="ascii") as file:
            file.write(C)
        subprocess.run(["gcc", "-O2", "-o", c_program, c_file], check=True)
        for label, language, source, command in (
                ("python", "python3", PYTHON, ["/usr/bin/python3", "-c", PYTHON]),
                ("c", "c17", C, [c_program])):
            if options.only not in (None, label):
                continue
            body = os.path.join(run.home, f"{label}.json")
            with open(body, "w", encoding="ascii") as file:
                json.dump({"language": language, "source": source}, file)
            for clients in options.clients:
                results.append(measure(run, label, body, command, clients, options.jobs, options.rounds))
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    try:
        main()
    except failure as problem:
        sys.exit(f"bench pipeline: {problem}")
