# attack: threads instead of processes, past the process limit
# expect: exit=0 limit=processes
# walls: cgroup pids
import os
import threading
import time

count = 0
try:
    for _ in range(500):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        count += 1
except RuntimeError:
    pass
os._exit(0 if count < 70 else 42)
