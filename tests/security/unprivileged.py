#!/usr/bin/python3
"""Runs a security test program as a user without rights, who has cgroups of his own and nothing else.

    unprivileged.py MODE TREE PROGRAM [ARGUMENT…]

MODE is subids (user nobody with a range of ids) or single_uid (a uid without name and range); TREE is the folder in
which program and data lie. Root only prepares: cgroups that belong to the user, and, in a mount namespace of its
own, /etc/subuid and a way to TREE. cgroup v1 only; on v2 the guest does it."""

import os
import pathlib
import pwd
import subprocess
import sys
import tempfile

JAILS = 8  # that one program may have beside each other


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


def make_reachable(tree):
    """A folder of root's on the way (/root is 0700) is covered by an empty one that leads to TREE."""
    descriptor = os.open(tree, os.O_PATH)
    for folder in reversed(list(tree.parents)):
        if not folder.stat().st_mode & 0o001:
            run("mount", "-t", "tmpfs", "-o", "mode=0755", "way", folder)
            tree.mkdir(parents=True)
            run("mount", "--bind", f"/proc/{os.getpid()}/fd/{descriptor}", tree)
            return


def give_range(work, first, count):
    for name in ["subuid", "subgid"]:
        text = pathlib.Path(work, name)
        text.write_text(f"nobody:{first}:{count}\n", encoding="ascii")
        text.chmod(0o644)
        pathlib.Path("/etc", name).touch()
        run("mount", "--bind", text, f"/etc/{name}")


def cgroup_mounts():
    for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, where, kind, options = line.split()[:4]
        if kind == "cgroup" and {"memory", "pids", "cpuacct", "cpu"} & set(options.split(",")):
            yield pathlib.Path(where)


def inside(mode, tree, program):
    prefix = f"sluice-user-{os.getpid()}"
    first = 1_000_000_000 + 256 * os.getpid()
    uid, gid = (pwd.getpwnam("nobody")[2:4]) if mode == "subids" else (first - 1, first - 1)
    folders = [where / f"{prefix}-{n}" for where in dict.fromkeys(cgroup_mounts()) for n in range(JAILS)]
    make_reachable(tree)
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SLUICE_JAIL": mode, "SLUICE_CGROUP_PARENT": prefix,
                   "SLUICE_FIRST_UID": str(first)}
    with tempfile.TemporaryDirectory() as work:
        if mode == "subids":
            give_range(work, first, 3 * JAILS)
        try:
            for folder in folders:
                folder.mkdir()
                os.chown(folder, uid, gid)
            return subprocess.run(
                ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--bounding-set=-all",
                 "--inh-caps=-all", *program]
                if mode != "subids" else
                ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *program],
                env=environment, check=False, cwd="/").returncode
        finally:
            for folder in folders:
                folder.rmdir()  # what is left in it is a failure


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--inside":
        sys.exit(inside(sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4:]))
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, __file__, "--inside",
                          sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve()), *sys.argv[3:]])


if __name__ == "__main__":
    main()
