"""The guest's disk image and kernel: Debian 12 by debootstrap, made once and kept under .dev/cache/guest by a
hash of what goes in. The mirror is the one that this machine's apt uses, read at run time."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
RELEASE = "bookworm"
KERNEL_PACKAGE = "linux-image-cloud-amd64"  # ext4 and NVMe are built in, so there is no initramfs
# Beside the minimal base: what attacks and tests run, the two set-uid helpers of the unprivileged mode, an init that
# delegates cgroups as production does, and an OCI runtime.
PACKAGES = ["python3", "libstdc++6", "uidmap", "systemd-sysv", "crun"]
SIZE = "700M"
# All that is of ours in the image, so that it need not be made anew when the tests change.
INIT = """#!/bin/bash
[ -b /dev/nvme1n1 ] || mount -t devtmpfs dev /dev
tar -xf /dev/nvme1n1 -C /
exec /bin/bash /guest-job/guest_init.sh
"""


def mirror():
    """Where apt itself takes the release's main component from."""
    lines = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    for line in lines:
        codename, component, uri = line.split()[:3]
        if codename == RELEASE and component == "main":
            return uri
    sys.exit(f"apt has no source for {RELEASE} main: the guest is Debian 12, and so must be this machine")


def run(*command, **options):
    subprocess.run(command, check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL, **options)


def cache_key():
    text = " ".join([RELEASE, KERNEL_PACKAGE, SIZE, *PACKAGES]) + INIT
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fetch_kernel(folder):
    depends = subprocess.run(["apt-cache", "depends", KERNEL_PACKAGE], check=True, capture_output=True, text=True).stdout
    package = next(line.split()[-1] for line in depends.splitlines() if "Depends:" in line)
    work = folder / "kernel"
    work.mkdir()
    # Without apt's sandbox user, which may not write here.
    run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package, cwd=work)
    archive = next(work.glob("*.deb"))
    run("dpkg-deb", "-x", str(archive), str(work / "x"))
    shutil.copy(next((work / "x/boot").glob("vmlinuz-*")), folder / "vmlinuz")
    shutil.rmtree(work)


def make_root(folder):
    root = folder / "rootfs"
    run("debootstrap", "--variant=minbase", "--include=" + ",".join(PACKAGES), RELEASE, str(root), mirror())
    for heavy in ["var/lib/apt/lists", "var/cache/apt", "usr/share/doc", "usr/share/locale", "usr/share/man"]:
        shutil.rmtree(root / heavy, ignore_errors=True)
    (root / "guest-init").write_text(INIT)
    (root / "guest-init").chmod(0o755)
    (root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    (root / "etc/hostname").write_text("guest\n")
    run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", str(root), str(folder / "root.img"), SIZE)
    shutil.rmtree(root)


def build(folder):
    started = time.monotonic()
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
    try:
        work.chmod(0o755)
        fetch_kernel(work)
        make_root(work)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"guest image made in {time.monotonic() - started:.0f} s", file=sys.stderr)


def get(cache):
    """(kernel, root image), made when they are not in the cache."""
    folder = pathlib.Path(cache) / cache_key()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "root.img").exists():
            build(folder)
        for old in folder.parent.iterdir():  # only the newest is of use
            if old.is_dir() and old != folder:
                shutil.rmtree(old, ignore_errors=True)
    return folder / "vmlinuz", folder / "root.img"


if __name__ == "__main__":
    for path in get(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../../.dev/cache/guest")):
        print(path)
