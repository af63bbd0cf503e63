#!/usr/bin/python3
"""One C++ program with 100 tests against 100 submissions of the same program, one for each input: the whole way, from
the first POST to the last result. Both in turn, on a worker with an empty compile cache and on one that has the
program. Servers and services are private and end with the benchmark."""

import argparse
import json
import statistics
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from pipeline import TOKEN, failure, pipeline, ROOT  # bench/pipeline.py

SOURCE = """#include <iostream>
#include <numeric>
#include <vector>
int main() {
    std::size_t n;
    std::cin >> n;
    std::vector<long> values(n);
    std::iota(values.begin(), values.end(), %d);
    std::cout << std::accumulate(values.begin(), values.end(), 0L) << '\\n';
}
"""


def post(url, path, body):
    asked = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), {
        "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=120) as answer:
        return json.load(answer)


def tests_of(first, count):
    return [{"stdin": str(n), "expected_output": str(sum(range(first, first + n)))} for n in range(1, count + 1)]


def as_tests(url, first, count):
    """Seconds for one submission with all tests."""
    begun = time.monotonic()
    made = post(url, "/api/v1/submissions?wait=30", {
        "language": "cpp20", "source": SOURCE % first, "tests": tests_of(first, count)})
    took = time.monotonic() - begun
    if made["status"] != "accepted":
        raise failure(f"with tests: {made}")
    return took


def as_submissions(url, first, count, clients):
    """Seconds for as many submissions as there are tests, `clients` at a time."""
    bodies = [{"language": "cpp20", "source": SOURCE % first, **test} for test in tests_of(first, count)]
    begun = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        ends = list(pool.map(lambda body: post(url, "/api/v1/submissions?wait=30", body)["status"], bodies))
    took = time.monotonic() - begun
    if set(ends) != {"accepted"}:
        raise failure(f"as submissions: {sorted(set(ends))}")
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=f"{ROOT}/build/release")
    parser.add_argument("--tests", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8, help="submissions at a time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="write the figures to this file as well")
    options = parser.parse_args()
    figures = {"compiled anew": ([], []), "from the cache": ([], [])}
    with pipeline(options.build) as run:
        url = run.one("submission").url
        as_tests(url, 0, 2)  # warm: connections, prepared statements, the sandbox
        for number in range(options.rounds):
            one, other = 1000 + 2 * number, 1001 + 2 * number  # programs that nobody has compiled yet
            for label in figures:
                figures[label][0].append(as_tests(url, one, options.tests))
                figures[label][1].append(as_submissions(url, other, options.tests, options.clients))
    outcome = {}
    for label, (tests, submissions) in figures.items():
        ratio = statistics.median(b / a for a, b in zip(tests, submissions))
        print(f"{label:<15} {options.tests} tests in one submission {statistics.median(tests) * 1000:8.1f} ms | "
              f"{options.tests} submissions, {options.clients} at a time {statistics.median(submissions) * 1000:8.1f} ms | "
              f"ratio {ratio:5.2f}")
        outcome[label] = {"tests_s": tests, "submissions_s": submissions, "ratio": ratio}
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(outcome, file, indent=1)


if __name__ == "__main__":
    try:
        main()
    except failure as problem:
        sys.exit(f"bench tests: {problem}")
