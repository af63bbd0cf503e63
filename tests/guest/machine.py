"""Runs one job in a QEMU guest (software emulation: KVM is not to be had everywhere): a tar as its second disk,
what it says over the serial line, killed when its time is over."""

import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time


def pack(entries, target):
    """entries: {absolute path in the guest: file or folder of the host}. Padded, because it becomes a disk."""
    with tempfile.TemporaryDirectory(prefix="sluice-job-") as work:
        for inside, source in entries.items():
            link = pathlib.Path(work, inside.lstrip("/"))
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(pathlib.Path(source).resolve())
        # Folders that lead to a file are real; the links stand for what they point to.
        subprocess.run(["tar", "-chf", target, "--owner=0", "--group=0", "--mode=go+rX", "-C", work, "."], check=True)
    size = os.path.getsize(target)
    os.truncate(target, (size + (1 << 20)) // 512 * 512)


def boot(kernel, image, job, timeout, on_line):
    """Returns the seconds it took, or None when it had to be killed."""
    command = [
        "qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1536",
        "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-kernel", str(kernel),
        "-drive", f"file={image},format=raw,if=none,id=r,snapshot=on", "-device", "nvme,drive=r,serial=r0",
        "-drive", f"file={job},format=raw,if=none,id=j,readonly=on", "-device", "nvme,drive=j,serial=j0",
        "-append", "console=ttyS0 quiet panic=-1 root=/dev/nvme0n1 rw init=/guest-init mitigations=off",
    ]
    return watch(command, timeout, on_line)


def watch(command, timeout, on_line):
    """Runs QEMU; the same answer as boot()."""
    started = time.monotonic()
    guest = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    is_over_time = threading.Event()

    def end():
        is_over_time.set()
        guest.kill()

    timer = threading.Timer(timeout, end)
    timer.start()
    try:
        for line in guest.stdout:
            on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
    finally:
        timer.cancel()
        guest.kill()
        guest.wait()
    if is_over_time.is_set():
        print(f"the guest was killed after {timeout} s", file=sys.stderr)
        return None
    return time.monotonic() - started
