"""Debian's arm64 kernel, fetched once and kept under .dev/cache by apt with lists of its own, which this machine's own
lists (amd64) do not have. apt checks the signatures as ever."""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "guest"))
import image  # noqa: E402

PACKAGE = "linux-image-cloud-arm64"
CONFIG = """APT::Architecture "arm64";
APT::Architectures {{ "arm64"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "{0}/state";
Dir::State::lists "{0}/lists";
Dir::State::status "{0}/status";
Dir::Cache "{0}/cache";
Dir::Etc::sourcelist "{0}/sources.list";
Dir::Etc::sourceparts "/dev/null";
"""


def fetch(target):
    with tempfile.TemporaryDirectory(prefix="making-", dir=target.parent) as work:
        work = pathlib.Path(work)
        for folder in ["state", "lists/partial", "cache/archives/partial"]:
            (work / folder).mkdir(parents=True)
        (work / "status").touch()
        (work / "sources.list").write_text(
            f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {image.mirror()} {image.RELEASE} main\n")
        config = work / "apt.conf"
        config.write_text(CONFIG.format(work))
        apt = {**os.environ, "APT_CONFIG": str(config)}
        image.run("apt-get", "-q", "update", env=apt)
        depends = subprocess.run(["apt-cache", "depends", PACKAGE], check=True, capture_output=True, text=True, env=apt).stdout
        package = next(line.split()[-1] for line in depends.splitlines() if "Depends:" in line)
        image.run("apt-get", "-q", "download", package, cwd=work, env=apt)
        image.run("dpkg-deb", "-x", str(next(work.glob("*.deb"))), str(work / "x"))
        shutil.move(next((work / "x/boot").glob("vmlinuz-*")), target)


def get(cache):
    target = pathlib.Path(cache).resolve() / "vmlinuz-arm64"
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.parent / "lock-arm64", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            fetch(target)
    return target
