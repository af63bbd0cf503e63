"""Adds up the test cases that the last ctest run says it ran, because one ctest entry holds many:
totals.py BUILD_FOLDER."""

import os
import re
import sys


def totals(log):
    cases = sum(int(count) for count in re.findall(r"All tests passed \(\d+ assertions? in (\d+) test cases?\)", log))
    failed = 0
    for ran, bad in re.findall(r"^test cases: +(\d+) \|.*?(\d+) failed", log, re.M):
        cases, failed = cases + int(ran), failed + int(bad)
    for line in re.findall(r"^=+ (.*\b\d+ (?:passed|failed).*) in [\d.]+s.*=+$", log, re.M):
        for count, kind in re.findall(r"(\d+) (passed|failed|error)", line):
            cases += int(count)
            failed += int(count) if kind != "passed" else 0
    for count in re.findall(r"^Ran (\d+) tests? in", log, re.M):
        cases += int(count)
    return cases, failed


def main():
    path = os.path.join(sys.argv[1], "Testing/Temporary/LastTest.log")
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        log = file.read()
    entries = len(re.findall(r"^Test (?:Passed|Failed)\.$", log, re.M))
    bad_entries = len(re.findall(r"^Test Failed\.$", log, re.M))
    cases, failed = totals(log)
    print(f"Totals: {entries} test programs, {bad_entries} failed; {cases} test cases, {failed} failed")


if __name__ == "__main__":
    main()
