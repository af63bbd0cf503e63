#!/usr/bin/python3
"""What an answer from the result cache costs: the same hello world in Python, over one kept connection, run anew (cache:
false, ?wait) and answered from the cache (cache: true, no wait), in turn. Prints medians, 95th percentiles and their
ratio. Servers and services are private and end with the benchmark."""

import argparse

from auth import caller, p50_p95  # bench/auth.py
from pipeline import PYTHON, TOKEN, failure, pipeline, ROOT  # bench/pipeline.py


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=f"{ROOT}/build/release")
    parser.add_argument("--count", type=int, default=200, help="of each kind in a block")
    parser.add_argument("--rounds", type=int, default=3, help="blocks of each kind")
    options = parser.parse_args()
    kinds = {"run": [], "cached": []}
    with pipeline(options.build, []) as run:
        at = caller(run.one("submission").url)
        program = {"language": "python3", "source": PYTHON}
        for _ in range(50):  # until the worker has told its versions and one result is kept
            if at.ask("POST", "/api/v1/submissions?wait=30", TOKEN, {**program, "cache": True}, 201)[1]["cached"]:
                break
        for _ in range(options.rounds):
            for _ in range(options.count):
                kinds["run"].append(at.ask("POST", "/api/v1/submissions?wait=30", TOKEN, program, 201)[0])
            for _ in range(options.count):
                took, answer = at.ask("POST", "/api/v1/submissions", TOKEN, {**program, "cache": True}, 201)
                if answer.get("cached") is not True:
                    raise failure(f"not from the cache: {answer}")
                kinds["cached"].append(took)
    for kind, seconds in kinds.items():
        median, high = p50_p95(seconds)
        print(f"{kind:8} p50 {median:8.3f} ms  p95 {high:8.3f} ms  n {len(seconds)}")
    print(f"cached / run p50 = {p50_p95(kinds['cached'])[0] / p50_p95(kinds['run'])[0]:.3f}")


if __name__ == "__main__":
    main()
