# attack: threads instead of processes, past the process limit
# family: bombs
# walls: pids_limit, rlimit_nproc
# expect: exit=0 limit=processes
# expect-no-cgroups: exit=0 limit=none
# without: exit=42 limit=none
import os
import threading
import time

count = 0
try:
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        count += 1
except RuntimeError:
    pass
os._exit(0 if count < 70 else 42)
