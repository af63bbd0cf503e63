#!/usr/bin/python3
"""Runs test programs in a Debian 12 guest with cgroup v2 alone, and ends as they end.

    run_in_guest.py --cache FOLDER --manager PATH --program PATH… [--data PATH…] [--stage NAME…]

Programs, their shared libraries and their data lie in the guest where they lie here, so that paths that were compiled
in hold. stages.sh says which programs run how; a stage that does not report its end has failed."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import image  # noqa: E402
import machine  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# The image has its own; mixing two versions of the C library in one process does not end well.
FROM_THE_IMAGE = ("ld-linux", "libc.so", "libm.so", "libstdc++", "libgcc_s", "linux-vdso", "libpthread", "libdl", "librt")

TERMINAL = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|c)")


def libraries_of(program):
    out = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    for line in out.splitlines():
        words = line.split()
        if "=>" in words and words[-2].startswith("/") and not words[0].startswith(FROM_THE_IMAGE):
            yield words[-2]


def job_entries(arguments):
    entries = {"/guest-job/" + p.name: p for p in HERE.glob("*.sh")}
    for program in arguments.program:
        entries[program] = program
        # /lib is a link to /usr/lib on both sides, and tar would replace the link.
        entries.update({"/usr" + lib if lib.startswith("/lib") else lib: lib for lib in libraries_of(program)})
    entries.update({data: data for data in [arguments.manager, *arguments.data]})
    return entries


class listener:
    """Shows the guest's lines, and remembers which stages began and which ended well."""

    def __init__(self):
        self.begun, self.passed = [], []

    def __call__(self, line):
        line = TERMINAL.sub("", line)
        print(line, flush=True)
        # The firmware leaves its last line open.
        stage = re.search(r"guest: stage (\S+) (begins|passed)", line)
        if stage:
            (self.begun if stage[2] == "begins" else self.passed).append(stage[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", required=True)
    parser.add_argument("--program", action="append", default=[])
    parser.add_argument("--data", action="append", default=[])
    parser.add_argument("--manager", required=True, help="the sandbox's slot manager, for its self-check")
    parser.add_argument("--stage", action="append", default=[], help="all of stages.sh when none is named")
    parser.add_argument("--timeout", type=int, default=860)
    arguments = parser.parse_args()

    kernel, disk = image.get(arguments.cache)
    heard = listener()
    with tempfile.TemporaryDirectory(prefix="sluice-guest-") as work:
        tar, stages = pathlib.Path(work, "job.tar"), pathlib.Path(work, "wanted")
        stages.write_text("STAGES='" + " ".join(arguments.stage) + "'\nPROGRAMS='" + " ".join(arguments.program) +
                          f"'\nMANAGER='{arguments.manager}'\n")
        machine.pack(job_entries(arguments) | {"/guest-job/wanted": stages}, tar)
        print(f"guest: job of {tar.stat().st_size >> 20} MiB", flush=True)
        seconds = machine.boot(kernel, disk, tar, arguments.timeout, heard)
    print(f"guest: stages passed: {', '.join(heard.passed) or 'none'}; {seconds or arguments.timeout:.0f} s")
    is_good = seconds is not None and heard.begun and heard.begun == heard.passed
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
