"""./dev stop: asks a running ./dev run to stop, or ends what a killed one left behind."""

import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from devtools import servers  # noqa: E402
from devtools.processes import end_pid, record, start_time  # noqa: E402
from devtools.run import end_recorded  # noqa: E402


def main():
    notes = record(os.path.join(servers.ROOT, ".dev/run.json"))
    state = notes.read()
    if state is None:
        print("Sluice is not running here.")
        return 0
    supervisor = state["supervisor"]
    if start_time(supervisor["pid"]) == supervisor["born"]:
        print(f"stopping Sluice (pid {supervisor['pid']}) … ", end="", flush=True)
        if not end_pid(supervisor["pid"], supervisor["born"], signal.SIGTERM, 90):
            print("it did not end within 90 s")
            return 1
        print("done")
    state = notes.read()
    if state is not None:
        print("ending what was left behind")
        end_recorded(state)
        notes.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
