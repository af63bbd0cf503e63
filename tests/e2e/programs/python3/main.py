"""What a Python program may use of the system, a line for each; "overflow" recurses without end."""

import concurrent.futures
import datetime
import fcntl
import locale
import multiprocessing
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import zoneinfo


def descend(depth):
    return depth if depth == 0 else descend(depth - 1)


def square(n):
    return n * n


def threads():
    barrier, sums = threading.Barrier(32), []

    def add(n):
        barrier.wait()  # ends only if all of them run at once
        sums.append(n * 1000)

    all_threads = [threading.Thread(target=add, args=(n,)) for n in range(32)]
    for each in all_threads:
        each.start()
    for each in all_threads:
        each.join()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return sum(sums), sum(pool.map(square, range(100)))


def subprocesses():
    piped = subprocess.run("printf 'one two' | tr a-z A-Z", shell=True, capture_output=True, text=True, check=True).stdout
    killed = subprocess.run(["sh", "-c", "kill -TERM $$"], check=False).returncode
    me = subprocess.run([sys.executable, "-c", "import sys; sys.exit(7)"], check=False).returncode
    with multiprocessing.Pool(4) as pool:
        return piped, killed, me, sum(pool.map(square, range(100)))


def memory():
    block = bytearray(160 << 20)
    block[::4096] = b"\1" * len(block[::4096])
    return sum(block[::4096])


def locales():
    name = locale.setlocale(locale.LC_ALL, "")
    return name, locale.nl_langinfo(locale.CODESET), sys.getfilesystemencoding(), "grüße, 世界".upper(), sorted("zäa")


def time_zones():
    def at(zone):
        return datetime.datetime.fromtimestamp(1690000000, zoneinfo.ZoneInfo(zone)).strftime("%H:%M %Z")

    return time.strftime("%H:%M %Z", time.localtime(1700000000)), at("America/New_York"), at("Australia/Lord_Howe")


def urandom():
    with open("/dev/urandom", "rb") as device:
        return len(device.read(64)), os.urandom(16) != secrets.token_bytes(16)


def temporary_files():
    with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
        file.write(b"x" * (8 << 20))
        file.flush()
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.symlink(file.name, f"{folder}/link")
        size = os.stat(f"{folder}/link").st_size
        path = f"{folder}/grüße 世界"
        with open(path, "w", encoding="utf-8") as named:
            named.write("text")
        return size, os.listdir(folder) != [], tempfile.gettempdir(), os.path.getsize(path)


def open_files():
    with tempfile.TemporaryDirectory() as folder:
        files = [open(f"{folder}/{n}", "w+", encoding="utf-8") for n in range(1000)]
        for n, file in enumerate(files):
            file.write(str(n))
        total = 0
        for file in files:
            file.seek(0)
            total += int(file.read())
            file.close()
        return total


def recursion():
    sys.setrecursionlimit(30000)
    deep = descend(25000)
    sys.setrecursionlimit(1000)
    try:
        descend(2000)
    except RecursionError as error:
        return resource.getrlimit(resource.RLIMIT_STACK)[0] >> 20, deep, str(error)


def streams():
    with open("/dev/stdin", encoding="utf-8") as file:
        line = file.readline()
    return line, sys.stdin.isatty(), sys.stdout.isatty(), sys.stdout.encoding


if __name__ == "__main__":
    if sys.argv[1] == "overflow":
        print("recursing", flush=True)
        descend(-1)
    for theme in (threads, subprocesses, memory, locales, time_zones, urandom, temporary_files, open_files, recursion,
                  streams):
        print(theme.__name__, theme(), flush=True)
    sys.exit(int(sys.argv[2]))
