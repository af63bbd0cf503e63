"""A whole Sluice for tests: N of each service on the session's servers, with a vhost, a database and a
Redis database of its own, so that suites never meet. Stopped, it must leave nothing behind: no crash,
no sanitizer report, no process, no cgroup. See README.md beside this file."""

import glob
import itertools
import os
import select
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))

from devtools import servers as server_library, services as service_library  # noqa: E402
from devtools.processes import start_time  # noqa: E402

from . import route_log  # noqa: E402
from .client import client  # noqa: E402

TOKENS = {"alice-token": "alice", "bob-token": "bob", "carol-token": "carol"}
_numbers = itertools.count(1)


class suite:
    """`suite.submission[0]`, `suite.execution[1]` … are service_process objects (scripts/devtools/services.py)."""

    def __init__(self, servers, build, folder):
        self.servers, self.build, self.folder = servers, build, folder
        self.number = next(_numbers)
        self.name = f"sluice_{os.getpid()}_{self.number}"
        self.redis_db = self.number % 60 + 1
        self.log_folder = os.path.join(folder, self.name)
        os.makedirs(self.log_folder)
        self.uploads_folder = os.path.join(folder, f"{self.name}_uploads")  # of all submission services
        self.group = service_library.service_group()
        self.problems = []
        self._made = itertools.count(1)
        servers.rabbitmq.make_vhost(self.name)
        servers.postgres.make_database(self.name, template="sluice_template")
        servers.redis.command("FLUSHDB", database=self.redis_db)

    # -- services -----------------------------------------------------------------------------------

    submission = property(lambda self: self.group.of("submission"))
    execution = property(lambda self: self.group.of("execution"))
    notification = property(lambda self: self.group.of("notification"))
    websocket = property(lambda self: self.group.of("websocket"))

    def make(self, service, settings=None):
        """A service that is not started yet; `settings`: {"SLUICE__WS__SEND_BUFFER": "64KiB"}."""
        number = next(self._made)
        environment = service_library.settings(service, self.servers, TOKENS, vhost=self.name, database=self.name,
                                               redis_db=self.redis_db, uploads=self.uploads_folder)
        if service == "execution":
            # Two of them on one machine must not share users or cgroups.
            environment["SLUICE__SANDBOX__FIRST_UID"] = str(200000 + self.number % 50 * 1000 + number % 15 * 64)
            environment["SLUICE__SANDBOX__CGROUP_PARENT"] = self.name
        environment.update(settings or {})
        label = f"{service}-{len(self.group.of(service)) + 1}-{number}"
        return service_library.service_process(service, label, self.build, environment, self.log_folder)

    def start(self, settings=None, **counts):
        """start(submission=2, execution=1, settings={"execution": {…}}): starts so many more of each."""
        wanted = [self.make(service, (settings or {}).get(service))
                  for service in service_library.NAMES for _ in range(counts.get(service, 0))]
        self.group.start(wanted)
        self._watch()
        return self

    def add(self, service, settings=None):
        """One more of a service, started; returns it."""
        made = self.make(service, settings)
        self.group.start([made])
        self._watch()
        return made

    def _watch(self):
        for each in self.submission:
            if each.url:
                route_log.watch(each.url)

    # -- users --------------------------------------------------------------------------------------

    def client(self, user="alice", submission=0, websocket=0):
        """A user at the nth submission and the nth websocket service; user None: without a token."""
        token = None if user is None else f"{user}-token"
        self._watch()  # a restarted one has another port
        ws_url = self.websocket[websocket].url if len(self.websocket) > websocket else None
        return client(self.submission[submission].url, ws_url, token)

    # -- a look behind ------------------------------------------------------------------------------

    def sql(self, statement):
        return self.servers.postgres.sql(statement, database=self.name)

    def redis(self, *words):
        return self.servers.redis.command(*words, database=self.redis_db)

    def queue(self, name):
        """What the management API says of a queue (its counts are some seconds old)."""
        return self.servers.rabbitmq.api("GET", f"/queues/{self.name}/{name}")

    # -- the end ------------------------------------------------------------------------------------

    def stop(self):
        """Drains everything, gives the databases back, and fails when something was left or had crashed."""
        self._watch()
        codes = self.group.stop()
        self.problems += [f"{label} ended with exit code {code}" for label, code in codes.items() if code not in (0, 1)]
        for each in self.group.all:
            if each.crash_lines:
                self.problems.append(f"{each.label} reported: {each.crash_lines[0]} (see {each.log_path})")
            code = each.process.process.poll() if each.process else None
            if code is not None and code < 0 and not each.was_killed and each.label not in codes:
                self.problems.append(f"{each.label} died of signal {-code}")
        self.problems += self._left_behind()
        self.servers.rabbitmq.drop_vhost(self.name)
        self.servers.postgres.drop_database(self.name)
        self.servers.redis.command("FLUSHDB", database=self.redis_db)
        assert not self.problems, "\n".join(self.problems)

    def _left_behind(self):
        """Orphans take a moment to be reaped, so what is seen must stay for five seconds to count."""
        until = time.monotonic() + 5
        while True:
            found = self._processes_left() + self._cgroups_left()
            if not found or time.monotonic() > until:
                break
            select.select([], [], [], 0.05)
        for path in reversed(self._cgroups_left(is_all=True)):
            try:
                os.rmdir(path)  # so that one failed test does not litter the machine
            except OSError:
                pass
        return [f"left behind: {each}" for each in found]

    def _processes_left(self):
        sessions = {each.process.pid for each in self.group.all if each.process}
        found = []
        for folder in glob.glob("/proc/[0-9]*"):
            pid = int(os.path.basename(folder))
            try:
                with open(f"{folder}/cgroup", encoding="utf-8") as file:
                    is_ours = f"/{self.name}" in file.read()
                with open(f"{folder}/stat", encoding="utf-8", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue
            session = int(text.rpartition(")")[2].split()[3])
            if (is_ours or session in sessions) and start_time(pid) is not None:
                found.append(f"process {pid} {text[text.find('('):text.rfind(')') + 1]}")
        return found

    def _cgroups_left(self, is_all=False):
        """Below the suite's own folder, which may stay. A worker that was killed with -9 could not clear its own
        away (the next one does), so then only those with a process in them count."""
        was_killed = any(each.kill_count for each in self.execution)
        roots = glob.glob("/sys/fs/cgroup/*/") if not os.path.exists("/sys/fs/cgroup/cgroup.controllers") else ["/sys/fs/cgroup/"]
        found = []
        for root in sorted({os.path.realpath(root) for root in roots}):
            for folder, names, _ in os.walk(root):
                found += [os.path.join(folder, name) for name in names
                          if self.name in (folder if not is_all else os.path.join(folder, name))[len(root):]]
        return [path for path in found if is_all or not was_killed or _has_process(path)]


def _has_process(cgroup):
    try:
        with open(os.path.join(cgroup, "cgroup.procs"), encoding="utf-8") as file:
            return bool(file.read().strip())
    except OSError:
        return False


def start_servers(folder, secrets):
    """The session's servers, and the database that every suite's is a copy of."""
    started = server_library.server_set(os.path.join(folder, "servers"), secrets)
    started.start()
    return started


def make_template(servers, build, folder):
    servers.postgres.make_database("sluice_template")
    service_library.migrate(servers, build, "sluice_template", os.path.join(folder, "migrate.log"))
