"""Child processes that are known by pid and never lost: started in a session of their own (so that
Ctrl-C in the terminal reaches only the supervisor, which stops them in order), optionally as another
user, waited for with a deadline, and recorded so that a later command can stop what a killed
supervisor left behind."""

import ctypes
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


class failure(Exception):
    """Something a person has to read: one or a few plain sentences."""


def is_root():
    return os.geteuid() == 0


def start_time(pid):
    """Kernel start time of a live process; None when it is gone or a zombie. With the pid, an identity."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def tail(path, lines=25):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:]).rstrip()
    except OSError:
        return "(no log)"


def is_reachable_by_others(path):
    """Whether another user can walk down to `path` (a home folder of mode 0700 says no)."""
    path = os.path.realpath(path)
    while path != "/":
        path = os.path.dirname(path)
        if not os.stat(path).st_mode & 0o001:
            return False
    return True


def end_pid(pid, born, sig, timeout):
    """Signals one process (identified by its start time) and waits for its end. True when it is gone."""
    if start_time(pid) != born:
        return True
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        if start_time(pid) != born:
            return True
        signal.pidfd_send_signal(handle, sig)
        ready, _, _ = select.select([handle], [], [], timeout)
        return bool(ready) or start_time(pid) != born
    except ProcessLookupError:
        return True
    finally:
        os.close(handle)


class child:
    """One started process. `user` is a login name; only root can give one."""

    def __init__(self, name, command, log_path, env=None, cwd="/", user=None, stdin=subprocess.DEVNULL,
                 stdout=None, stderr=None, die_with_parent=True, mount_at=None):
        self.name, self.log_path, self.was_asked = name, log_path, False
        if user and is_root():
            account = pwd.getpwnam(user)
            # The change of user forgets the parent-death signal set below, so setpriv sets it again.
            command = ["setpriv", "--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--init-groups",
                       *(["--pdeathsig", "TERM"] if die_with_parent else []), *command]
        if mount_at:
            # The data folder lies under a folder this user may not enter, so the process gets it at
            # another place of its own view of the file system.
            source, place = mount_at
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                       'mount --bind "$0" "$1"; cd "$1"; shift; exec "$@"', source, place, *command]
        with open(log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, env=env, cwd=cwd, stdin=stdin, stdout=stdout or log, stderr=stderr or log,
                start_new_session=True,
                preexec_fn=(lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)) if die_with_parent else None)
        self.pid = self.process.pid
        self.born = start_time(self.pid)
        self.handle = os.pidfd_open(self.pid)

    def is_alive(self):
        return self.process.poll() is None

    def wait(self, timeout):
        """Exit code, or None when it still runs after `timeout` seconds. Sleeps in the kernel until then."""
        if self.process.poll() is None:
            select.select([self.handle], [], [], max(0, timeout))
        return self.process.poll()

    def send(self, sig):
        if self.is_alive():
            self.process.send_signal(sig)

    def ask(self, sig=signal.SIGTERM):
        """Begins an orderly stop; stop() then only waits."""
        if not self.was_asked:
            self.was_asked = True
            self.send(sig)

    def stop(self, timeout=20, sig=signal.SIGTERM):
        """Asks once (a second signal would mean "at once" to a service), waits, then kills. Returns the exit
        code (negative: the signal that ended it)."""
        self.ask(sig)
        if self.wait(timeout) is None:
            self.send(signal.SIGKILL)
            self.wait(10)
        return self.process.poll()

    def kill(self):
        self.send(signal.SIGKILL)
        return self.wait(10)

    def identity(self):
        return {"name": self.name, "pid": self.pid, "born": self.born}


def run_tool(command, env=None, user=None, stdin=None, timeout=120, cwd="/", mount_at=None):
    """Runs a short program to its end; its output, or a failure with the output in it."""
    if user and is_root():
        account = pwd.getpwnam(user)
        command = ["setpriv", "--reuid", str(account.pw_uid), "--regid", str(account.pw_gid),
                   "--init-groups", *command]
    if mount_at:
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                   'mount --bind "$0" "$1"; cd "$1"; shift; exec "$@"', *mount_at, *command]
    try:
        done = subprocess.run(command, env=env, input=stdin, capture_output=True, text=True, cwd=cwd,
                              timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise failure(f"{command[0]} is not installed ({error})") from None
    except subprocess.TimeoutExpired:
        raise failure(f"{os.path.basename(command[0])} did not end within {timeout} s") from None
    if done.returncode != 0:
        text = (done.stderr + done.stdout).strip()
        raise failure(f"{os.path.basename(command[0])} failed (exit {done.returncode}): {text}")
    return done.stdout


def wait_until(condition, timeout, what, process=None):
    """Waits for something that has no event to wait for: a server's first answer. `condition` returns a
    true value or None; a dead `process` ends the waiting at once."""
    pause = 0.01
    until = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if process is not None and not process.is_alive():
            raise failure(f"{process.name} ended at once (exit {process.process.poll()}):\n"
                          f"{tail(process.log_path)}")
        if time.monotonic() > until:
            log = f":\n{tail(process.log_path)}" if process is not None else ""
            raise failure(f"{what} did not come within {timeout} s{log}")
        if process is not None:
            process.wait(pause)  # returns early when it dies
        else:
            select.select([], [], [], pause)
        pause = min(0.1, pause * 1.5)


class record:
    """Who is running, on disk: written after every start, read by ./dev stop and by the next ./dev run."""

    def __init__(self, path):
        self.path = path

    def write(self, supervisor, children, extra=None):
        state = {"supervisor": supervisor, "children": children, **(extra or {})}
        draft = self.path + ".new"
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(state, file, indent=1)
        os.replace(draft, self.path)

    def read(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def remove(self):
        if os.path.exists(self.path):
            os.remove(self.path)


def own_folder(path, user=None, mode=0o755):
    """Makes `path` if needed and gives it to `user`."""
    os.makedirs(path, exist_ok=True)
    os.chmod(path, mode)
    if user and is_root():
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
    return path
