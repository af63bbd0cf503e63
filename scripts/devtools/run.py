"""./dev run, from the servers on: starts everything, sends a first program round, stays until Ctrl-C,
SIGTERM or the death of one of the processes, and then stops all that it started. If a step fails, the
steps before it are undone and the reason is printed."""

import argparse
import datetime
import glob
import os
import select
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from devtools import certs, first_run, ports, secrets_file, servers, services  # noqa: E402
from devtools.processes import end_pid, failure, own_folder, record, start_time, tail  # noqa: E402

TOKEN, USER = "demo-token", "demo"


class stop_asked(Exception):
    pass


class steps:
    """Progress lines: [4/7] servers … 4.2 s"""

    def __init__(self, first, total):
        self.number, self.total = first - 1, total

    def run(self, what, action):
        self.number += 1
        print(f"[{self.number}/{self.total}] {what} … ", end="", flush=True)
        begin = time.monotonic()
        try:
            value = action()
        except BaseException:
            print("failed" if not isinstance(sys.exc_info()[1], stop_asked) else "stopped", flush=True)
            raise
        print(f"{time.monotonic() - begin:.1f} s", flush=True)
        return value


class installation:
    """One running Sluice: servers, services and the record of both."""

    def __init__(self, home, build):
        self.home, self.build = home, build
        self.logs = own_folder(os.path.join(home, "log"))
        self.certificates = os.path.join(home, "certs")
        self.record = record(os.path.join(home, "run.json"))
        self.secrets = secrets_file.load_or_make(os.path.join(home, "secrets.json"))
        self.servers = None
        self.admin = ""
        self.services = services.service_group()

    def refuse_or_clean(self):
        """Another ./dev run of this folder is refused; what a killed one left behind is ended."""
        state = self.record.read()
        if state is None:
            return
        supervisor = state["supervisor"]
        if start_time(supervisor["pid"]) == supervisor["born"]:
            raise failure(f"Sluice is already running here (pid {supervisor['pid']}); ./dev stop ends it")
        end_recorded(state)
        self.record.remove()

    def note(self):
        children = self.services.children() + (self.servers.children() if self.servers else [])
        me = {"pid": os.getpid(), "born": start_time(os.getpid())}
        self.record.write(me, children)

    def start_servers(self):
        self.servers = servers.server_set(os.path.join(self.home, "servers"), self.secrets, is_durable=True,
                                          preferred={"management": 15672})
        try:
            self.servers.begin()
        finally:
            self.note()
        self.servers.wait_ready()

    def prepare_database(self):
        self.servers.postgres.make_database("sluice")
        services.migrate(self.servers, self.build, "sluice", os.path.join(self.logs, "migrate.log"))
        self.admin = services.create_admin(self.servers, self.build, "sluice", os.path.join(self.logs, "create-admin.log"))

    def start_services(self):
        http_port, ws_port, grpc_port = ports.free_port(8080), ports.free_port(8081), ports.free_port(8082)
        # New leaves at each start: those of a month ago would be no good any more.
        try:
            certs.make_all(self.certificates, client=USER)
        except certs.failure as problem:
            raise failure(str(problem)) from None
        made = []
        for name in services.NAMES:
            log = os.path.join(self.logs, f"{name}.log")
            if os.path.exists(log):
                os.replace(log, log + ".old")
            made.append(services.service_process(
                name, name, self.build,
                services.settings(name, self.servers, {TOKEN: USER}, http_port=http_port, ws_port=ws_port,
                                  grpc_port=grpc_port, certificates=self.certificates,
                                  uploads=os.path.join(self.home, "uploads")), self.logs))
        try:
            self.services.start(made)
        finally:
            self.note()

    def stop(self):
        """Services first, in the order in which messages flow, then the servers. Says what would not end."""
        print("stopping … ", end="", flush=True)
        begin = time.monotonic()
        codes = self.services.stop()
        if self.servers is not None:
            self.servers.stop()
        left = self.services.children() + (self.servers.children() if self.servers else [])
        print(f"{time.monotonic() - begin:.1f} s", flush=True)
        for name, code in codes.items():
            if code not in (0, None):
                print(f"  {name} ended with exit code {code}; see {self.logs}/{name}.log")
        for entry in left:
            print(f"  {entry['name']} (pid {entry['pid']}) is still there")
        if not left:
            self.record.remove()


def end_recorded(state):
    """Ends what a supervisor that is gone had started: services, then servers."""
    for sig, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        for entry in state["children"]:
            if entry["born"] is not None:
                end_pid(entry["pid"], entry["born"], sig, patience)


def report(home, run, accepted, hops, frame):
    result = frame.get("data", {})
    print("\nA first program went round:")
    for hop, ms in hops:
        print(f"  {ms:8.1f} ms  {hop}")
    stamps = result.get("timestamps") or {}
    since = [(name[:-3], stamps[name]) for name in ("taken_at", "started_at", "compiled_at", "ended_at", "persisted_at")
             if stamps.get(name)]
    if stamps.get("created_at") and since:
        zero = datetime.datetime.fromisoformat(stamps["created_at"])
        parts = [f"{name} +{(datetime.datetime.fromisoformat(at) - zero).total_seconds() * 1000:.0f}" for name, at in since]
        print(f"  by the services' clocks, ms after it was accepted: {', '.join(parts)}")
    print(f"  status {result.get('status')}, cpu {result.get('cpu_ms')} ms, "
          f"peak memory {int(result.get('memory_peak_bytes') or 0) // 1024} KiB")
    print(f"  stdout: {str(result.get('stdout', '')).rstrip()}")
    if result.get("status") != "accepted":
        raise failure(f"the first program was not accepted: {frame}")
    one = {name: run.services.of(name)[0] for name in services.NAMES}
    api, secrets = one["submission"].url, run.secrets
    print(f"""
API           {api}/api/v1      token: {TOKEN}
API page      {api}/docs
WebSocket     {one['websocket'].url}
gRPC          {one['submission'].listeners['grpc']}      certificates: {run.certificates}/
RabbitMQ page http://127.0.0.1:{run.servers.rabbitmq.management_port}/      user admin, password {secrets['rabbitmq']['admin']}
Metrics       """ + "\n              ".join(f"{one[name].admin_url}/metrics  {name}" for name in services.NAMES) + f"""
Logs          {home}/log/
Accounts      {run.admin} (docs/api/accounts.md)

Try it:
  curl -s -H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json' \\
       -d '{{"language": "python3", "source": "print(6 * 7)"}}' \\
       '{api}/api/v1/submissions?wait=10'

Ctrl-C stops everything.""", flush=True)


def stay(run):
    """Sleeps until a signal comes or a process ends."""
    watched = {each.process.handle: (each.label, each.log_path) for each in run.services.all}
    for each in run.servers.all:
        watched[each.process.handle] = (each.name, each.log_path)
    ended, _, _ = select.select(list(watched), [], [])
    name, log_path = watched[ended[0]]
    raise failure(f"{name} has ended by itself. The end of {log_path}:\n{tail(log_path)}")


def hand_back(home):
    """After sudo: the folder belongs to the person, the servers' own data to the servers."""
    owner = os.environ.get("SUDO_UID")
    if owner:
        certificates = os.path.join(home, "certs")
        given = [home, os.path.join(home, "secrets.json"), os.path.join(home, "log"), *glob.glob(os.path.join(home, "log", "*")),
                 *([certificates] if os.path.isdir(certificates) else []), *glob.glob(os.path.join(certificates, "*"))]
        for path in given:
            shutil.chown(path, int(owner), int(os.environ.get("SUDO_GID", owner)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--first-step", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--home", default=os.path.join(servers.ROOT, ".dev"))
    parser.add_argument("--build", default=os.path.join(servers.ROOT, "build/release"))
    parser.add_argument("--once", action="store_true", help="stop again after the first program")
    options = parser.parse_args()

    def on_signal(number, _frame):
        # A second Ctrl-C must not break the stopping off.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise stop_asked(signal.Signals(number).name)
    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)

    own_folder(options.home)
    progress = steps(options.first_step, options.steps)
    run, code = None, 0
    try:
        run = installation(options.home, options.build)
        run.refuse_or_clean()
        hand_back(options.home)
        run.note()
    except failure as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    try:
        progress.run("starting RabbitMQ, Redis and PostgreSQL", run.start_servers)
        progress.run("bringing the database up to date", run.prepare_database)
        progress.run("starting the four services", run.start_services)
        one = {name: run.services.of(name)[0] for name in services.NAMES}
        outcome = progress.run("sending a first program round", lambda: first_run.send_round(
            one["submission"].listeners["http"], one["websocket"].listeners["ws"], TOKEN))
        report(options.home, run, *outcome)
        if not options.once:
            stay(run)
    except stop_asked:
        print(flush=True)
    except (failure, OSError) as problem:
        print(f"\n{problem}\n", file=sys.stderr, flush=True)
        code = 1
    finally:
        # From here a further signal is not answered: everything is being stopped already.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        run.stop()
        hand_back(options.home)
    return code


if __name__ == "__main__":
    sys.exit(main())
