"""The four services as processes: given their settings by environment variables, known by their ready
line, watched through their JSON logs and metrics. Used by ./dev run and by the end-to-end tests."""

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

from .processes import child, failure, tail
from .servers import DIRECT, ROOT

NAMES = ("submission", "execution", "notification", "websocket")
START_ORDER = ("websocket", "notification", "execution", "submission")  # who takes is there before who gives
STOP_ORDER = ("submission", "execution", "notification", "websocket")

# What a crash looks like on stderr, where everything else is one JSON object per line.
CRASH = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer|[Aa]ssertion|"
                   r"terminate called|Segmentation fault)")
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def settings(service, servers, tokens, vhost="sluice", database="sluice", redis_db=0, http_port=0, ws_port=0,
             level="info", grpc_port=0, certificates=None, uploads=None):
    """The environment of one service: where its servers are, with its own user of each. `certificates`: the
    folder of ./dev certs, for gRPC. `uploads`: the folder of uploaded programs."""
    values = {"SLUICE__ENVIRONMENT": "development", "SLUICE__LOG__LEVEL": level, "SLUICE__ADMIN__PORT": "0",
              "SLUICE__REDIS__URL": servers.redis.url(service, redis_db)}
    if service != "websocket":
        values["SLUICE__RABBITMQ__URL"] = servers.rabbitmq.url(service, vhost)
    if service in ("submission", "notification"):
        values["SLUICE__POSTGRES__URL"] = servers.postgres.url(f"sluice_{service}_app", database)
    if service in ("submission", "websocket"):
        values["SLUICE__AUTH__TOKENS"] = json.dumps(tokens)
    if service == "submission":
        values["SLUICE__HTTP__PORT"] = str(http_port)
        if uploads:
            values["SLUICE__UPLOADS__FOLDER"] = uploads
        if certificates:
            values.update(grpc_settings(certificates, grpc_port))
    if service == "websocket":
        values["SLUICE__WS__PORT"] = str(ws_port)
    return values


def grpc_settings(certificates, port=0):
    """gRPC with certificates of both sides."""
    return {"SLUICE__GRPC__ENABLED": "true", "SLUICE__GRPC__PORT": str(port), "SLUICE__GRPC__REFLECTION": "true",
            "SLUICE__GRPC__TLS__CERTIFICATE_FILE": os.path.join(certificates, "server.crt"),
            "SLUICE__GRPC__TLS__PRIVATE_KEY_FILE": os.path.join(certificates, "server.key"),
            "SLUICE__GRPC__TLS__CLIENT_CA_FILE": os.path.join(certificates, "ca.crt")}


def clean_environment():
    """Ours without what would change a service's settings behind its back."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SLUICE__")}


def binary(service, build):
    path = os.path.join(build, "bin", f"sluice-{service}")
    if not os.path.exists(path):
        raise failure(f"{path} is not built yet: run ./dev build")
    return path


class service_process:
    """One running service. `label` names it in messages and log files: execution-2."""

    def __init__(self, service, label, build, environment, log_folder, on_line=None):
        self.service, self.label, self.build, self.environment = service, label, build, environment
        self.log_path = os.path.join(log_folder, f"{label}.log")
        self.on_line = on_line
        self.arguments = []  # of the command line: ["--config", path]
        self.process = None
        self.listeners = {}
        self.events = []      # every log line of this process, parsed
        self.crash_lines = []
        self.was_killed = False
        self.kill_count = 0
        self._news = threading.Condition()
        self._readers = []

    # -- start and stop ---------------------------------------------------------------------------

    def begin(self):
        self.listeners, self.was_killed = {}, False
        self.process = child(self.label, [binary(self.service, self.build), *self.arguments],
                             self.log_path, cwd=ROOT,
                             env={**clean_environment(), **self.environment},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        pipes = (self.process.process.stdout, self._take_ready_line), (self.process.process.stderr, self._take_log_line)
        self._readers = [threading.Thread(target=self._read, args=pipe, daemon=True) for pipe in pipes]
        for reader in self._readers:
            reader.start()
        return self

    def wait_ready(self, timeout=30):
        until = time.monotonic() + timeout
        with self._news:
            while not self.listeners:
                if not self.process.is_alive():
                    break
                if not self._news.wait(min(0.2, max(0.0, until - time.monotonic()))) and time.monotonic() > until:
                    break
        if not self.listeners:
            code = self.process.process.poll()
            how = f"did not become ready within {timeout} s" if code is None else f"ended at start with exit code {code}"
            raise failure(f"{self.label} {how}. The end of {self.log_path}:\n{tail(self.log_path)}")
        return self

    def start(self, timeout=30):
        return self.begin().wait_ready(timeout)

    def stop(self, timeout=30):
        """SIGTERM, a drain, an exit code: 0 when nothing had to be cancelled."""
        if self.process is None:
            return None
        code = self.process.stop(timeout, signal.SIGTERM)
        self._join()
        return code

    def kill(self):
        """kill -9."""
        self.was_killed = True
        self.kill_count += 1
        self.process.kill()
        self._join()

    def restart(self, timeout=30):
        """Starts again after stop() or kill(); earlier log events are kept."""
        return self.start(timeout)

    def pause(self):
        self.process.send(signal.SIGSTOP)

    def resume(self):
        self.process.send(signal.SIGCONT)

    def is_alive(self):
        return self.process is not None and self.process.is_alive()

    @property
    def pid(self):
        return self.process.pid

    def _join(self):
        for reader in self._readers:
            reader.join(5)

    # -- where it listens -------------------------------------------------------------------------

    @property
    def url(self):
        """http://127.0.0.1:PORT (submission) or ws://127.0.0.1:PORT/ws (websocket)."""
        if self.service == "websocket":
            return f"ws://{self.listeners['ws']}/ws"
        return f"http://{self.listeners['http']}"

    @property
    def admin_url(self):
        return f"http://{self.listeners['admin']}"

    def admin(self, path, method="GET", body=None):
        """Status and text of an answer of the internal listener."""
        request = urllib.request.Request(self.admin_url + path, method=method, data=body)
        try:
            with DIRECT.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    # -- logs ---------------------------------------------------------------------------------------

    def _read(self, pipe, take):
        with pipe, open(self.log_path, "ab", buffering=0) as log:
            for line in pipe:
                log.write(line)
                take(line.decode(errors="replace").rstrip("\n"))

    def _take_ready_line(self, line):
        try:
            parsed = json.loads(line)
        except ValueError:
            return
        if parsed.get("event") == "ready":
            with self._news:
                self.listeners = parsed["listeners"]
                self._news.notify_all()

    def _take_log_line(self, line):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"event": "not_json", "message": line}
            if CRASH.search(line):
                self.crash_lines.append(line)
        with self._news:
            self.events.append(entry)
            self._news.notify_all()
        if self.on_line:
            self.on_line(self, entry)

    def find_events(self, event, **fields):
        return [entry for entry in self.events if entry.get("event") == event
                and all(entry.get(name) == value for name, value in fields.items())]

    def wait_for_event(self, event, timeout=10, count=1, **fields):
        """The first `count` log lines with this event and these fields; woken by the line itself."""
        until = time.monotonic() + timeout
        with self._news:
            while True:
                found = self.find_events(event, **fields)
                if len(found) >= count:
                    return found[0] if count == 1 else found[:count]
                left = until - time.monotonic()
                if left <= 0:
                    raise failure(f"{self.label} did not log {event} {fields} {count} time(s) within {timeout} s:\n"
                                  f"{tail(self.log_path)}")
                self._news.wait(left)

    # -- metrics ------------------------------------------------------------------------------------

    def metrics(self):
        """[(name, labels, value)] of /metrics."""
        samples = []
        for line in self.admin("/metrics")[1].splitlines():
            match = SAMPLE.match(line)
            if match and not line.startswith("#"):
                samples.append((match[1], dict(LABEL.findall(match[2] or "")), float(match[3])))
        return samples

    def metric(self, name, **labels):
        """The sum of the samples with these labels; 0 when there are none."""
        return sum(value for sample, found, value in self.metrics()
                   if sample == name and all(found.get(key) == wanted for key, wanted in labels.items()))

    def wait_for_metric(self, name, at_least, timeout=10, **labels):
        until = time.monotonic() + timeout
        pause = threading.Event()
        while (value := self.metric(name, **labels)) < at_least:
            if time.monotonic() > until:
                raise failure(f"{self.label}: {name}{labels} is {value}, not yet {at_least}, after {timeout} s")
            pause.wait(0.02)
        return value


class service_group:
    """Some of each service, started in the order in which messages need them, stopped in the order in
    which messages flow."""

    def __init__(self):
        self.all = []

    def of(self, service):
        return [each for each in self.all if each.service == service]

    def start(self, processes, timeout=40):
        order = sorted(processes, key=lambda each: START_ORDER.index(each.service))
        self.all.extend(order)
        for each in order:
            each.begin()
        for each in order:
            each.wait_ready(timeout)

    def stop(self, timeout=30):
        """{label: exit code} of those that were running. All of one kind drain together."""
        codes = {}
        for service in STOP_ORDER:
            running = [each for each in self.of(service) if each.is_alive()]
            for each in running:
                each.process.ask()
            for each in running:
                codes[each.label] = each.stop(timeout)
        return codes

    def children(self):
        return [each.process.identity() for each in self.all if each.is_alive()]


def migrate(servers, build, database, log_path):
    """Brings the database's schema up to this build's."""
    environment = settings("submission", servers, {}, database=database)
    environment["SLUICE__POSTGRES__URL"] = servers.postgres.url("sluice_owner", database)
    with open(log_path, "ab") as log:
        code = subprocess.run([binary("submission", build), "--migrate"], cwd=ROOT, stdin=subprocess.DEVNULL,
                              env={**clean_environment(), **environment}, stdout=log, stderr=log, timeout=120,
                              check=False).returncode
    if code != 0:
        raise failure(f"the migrations failed (exit {code}). The end of {log_path}:\n{tail(log_path)}")


def create_admin(servers, build, database, log_path):
    """Makes the first administrator if there is none; what the service says of it (a made-up password, once)."""
    done = subprocess.run([binary("submission", build), "--create-admin"], cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                          env={**clean_environment(), **settings("submission", servers, {}, database=database)},
                          capture_output=True, timeout=120, check=False)
    with open(log_path, "a", encoding="utf-8") as log:
        log.write(done.stderr)
    if done.returncode != 0:
        raise failure(f"no administrator could be made (exit {done.returncode}). The end of {log_path}:\n{tail(log_path)}")
    return done.stdout.strip()
