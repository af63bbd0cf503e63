"""Private RabbitMQ, Redis and PostgreSQL on loopback ports, each with its data in a folder of its own.
Used by ./dev run (data kept between runs) and by the end-to-end tests (data thrown away). Servers never
run as root: a root caller starts them as the users that Debian's packages made.

Every server is begun first and waited for afterwards, so that all three start at the same time. They
are begun by the caller's main thread: the kernel ends a child when the thread that made it ends.

From the command line, for trying things: servers.py FOLDER starts all three and prints their URLs."""

import base64
import glob
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from . import ports
from .processes import (child, end_pid, failure, is_reachable_by_others, is_root, own_folder, run_tool,
                        start_time, wait_until)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STAND_IN = "/mnt"  # where a server sees its folder when it may not walk down to it


def answers(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class server:
    """What the three have in common: a folder, a user, one main process."""

    name, user, stop_signal, package = "", "", signal.SIGTERM, ""

    def __init__(self, folder, secrets, is_durable=False):
        self.folder, self.secrets, self.is_durable = os.path.abspath(folder), secrets, is_durable
        self.log_path = os.path.join(self.folder, "log.txt")
        self.process = None
        own_folder(self.folder, self.user)
        is_hidden = is_root() and not is_reachable_by_others(self.folder)
        self.seen = STAND_IN if is_hidden else self.folder
        self.mount_at = (self.folder, STAND_IN) if is_hidden else None

    def spawn(self, name, command, env=None):
        return child(name, command, self.log_path, env=env, user=self.user, mount_at=self.mount_at)

    def tool(self, command, **options):
        return run_tool(command, user=self.user, mount_at=self.mount_at, **options)

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
        if is_root():
            shutil.chown(path, self.user)
        return path

    def start(self):
        self.begin()
        self.wait_ready()

    def is_alive(self):
        return self.process is not None and self.process.is_alive()

    def stop(self, timeout=30):
        if self.process is not None:
            self.process.stop(timeout, self.stop_signal)

    def kill_hard(self):
        self.process.kill()

    def restart(self):
        """The same ports, the same data."""
        if self.is_alive():
            self.kill_hard()
        self.start()

    def children(self):
        return [self.process.identity()] if self.is_alive() else []


class redis_server(server):
    """With the ACL file of deployments/redis: every service has a user of its own, `default` is off."""

    name, user, package = "redis", "redis", "redis-server"

    def __init__(self, folder, secrets, is_durable=False, port=None):
        super().__init__(folder, secrets, is_durable)
        self.port = port or ports.free_port()

    def begin(self):
        self.write("users.acl", fill_acl_template(self.secrets["redis"]))
        keep = ["--appendonly", "yes"] if self.is_durable else ["--appendonly", "no"]
        self.process = self.spawn("redis", [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.seen, "--save", "",
            *keep, "--databases", "64", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction",
            "--aclfile", os.path.join(self.seen, "users.acl")])

    def wait_ready(self, timeout=20):
        wait_until(lambda: answers(self.port), timeout, "Redis' first answer", self.process)

    def url(self, user="admin", database=0):
        return f"redis://{user}:{self.secrets['redis'][user]}@127.0.0.1:{self.port}/{database}"

    def command(self, *words, database=0):
        password = self.secrets["redis"]["admin"]
        return run_tool(["redis-cli", "--no-auth-warning", "-e", "-p", str(self.port), "-n", str(database),
                         "--user", "admin", *words], env={**os.environ, "REDISCLI_AUTH": password}).strip()


def fill_acl_template(passwords):
    """Redis takes no comments in the ACL file, so they are dropped; passwords go in as SHA-256 only."""
    path = os.path.join(ROOT, "deployments/redis/users.acl.template")
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if line and not line.startswith("#")]
    text = "\n".join(lines) + "\n"
    for user, password in passwords.items():
        digest = hashlib.sha256(password.encode()).hexdigest()
        text = text.replace("${" + user.upper() + "_SHA256}", digest)
    if "${" in text:
        raise failure(f"{path} names a user for whom there is no password")
    return text


class postgres_server(server):
    name, user, stop_signal, package = "postgres", "postgres", signal.SIGINT, "postgresql"

    def __init__(self, folder, secrets, is_durable=False, port=None):
        super().__init__(folder, secrets, is_durable)
        self.port = port or ports.free_port()
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
        if not found:
            raise failure("PostgreSQL is not installed (package postgresql)")
        self.programs = os.path.dirname(found[-1])
        self.data = os.path.join(self.folder, "data")

    def begin(self):
        if not os.path.exists(os.path.join(self.data, "initialised")):
            self._initialise()
        keep = [] if self.is_durable else ["-c", "fsync=off", "-c", "synchronous_commit=off",
                                           "-c", "full_page_writes=off"]
        self.process = self.spawn("postgres", [
            os.path.join(self.programs, "postgres"), "-D", os.path.join(self.seen, "data"), "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200", *keep])

    def _initialise(self):
        shutil.rmtree(self.data, ignore_errors=True)  # a first start that was interrupted
        own_folder(self.data, self.user, 0o700)
        password = self.write("superuser_password", self.secrets["postgres"]["postgres"])
        self.tool([os.path.join(self.programs, "initdb"), "-D", os.path.join(self.seen, "data"), "-A",
                   "scram-sha-256", "-U", "postgres", "--pwfile", os.path.join(self.seen, "superuser_password"),
                   "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
        os.remove(password)
        # The last act, so that an interrupted first start is begun again.
        with open(os.path.join(self.data, "initialised"), "w", encoding="utf-8"):
            pass

    def wait_ready(self, timeout=30):
        def is_ready():
            probe = [os.path.join(self.programs, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            return subprocess.run(probe, check=False).returncode == 0
        wait_until(is_ready, timeout, "PostgreSQL's first answer", self.process)

    def url(self, user="postgres", database="postgres"):
        return f"postgresql://{user}:{self.secrets['postgres'][user]}@127.0.0.1:{self.port}/{database}"

    def sql(self, statements, database="postgres", user="postgres"):
        return run_tool([os.path.join(self.programs, "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                         "-d", self.url(user, database)], stdin=statements).strip()

    def make_roles(self):
        """The group roles (rights are granted to them by the migrations) and one login for each service."""
        passwords = self.secrets["postgres"]
        lines = []
        for group in ("sluice_submission", "sluice_notification"):
            lines.append(_role_once(group, "nologin"))
        lines.append(_role_once("sluice_owner", "login"))
        for service in ("submission", "notification"):
            lines.append(_role_once(f"sluice_{service}_app", f"login in role sluice_{service}"))
        for role in ("sluice_owner", "sluice_submission_app", "sluice_notification_app"):
            lines.append(f"alter role {role} password '{passwords[role]}';")
        self.sql("\n".join(lines))

    def make_database(self, name, template=None):
        """Does nothing when the database is there."""
        if self.sql(f"select 1 from pg_database where datname = '{name}'"):
            return
        like = f" template {template}" if template else ""
        self.sql(f"create database {name} owner sluice_owner{like}")

    def drop_database(self, name):
        self.sql(f"drop database if exists {name} with (force)")


def _role_once(name, options):
    return (f"do $$ begin if not exists (select from pg_roles where rolname = '{name}') "
            f"then create role {name} {options}; end if; end $$;")


class rabbitmq_server(server):
    """With the management page. epmd, which RabbitMQ would start and never stop, is a child of ours."""

    name, user, package = "rabbitmq", "rabbitmq", "rabbitmq-server"

    def __init__(self, folder, secrets, is_durable=False, port=None, management_port=None):
        super().__init__(folder, secrets, is_durable)
        self.port = port or ports.free_port()
        self.management_port = management_port or ports.free_port()
        self.dist_port, self.epmd_port = ports.free_port(), ports.free_port()
        self.epmd = None
        found = sorted(glob.glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
        if not found:
            raise failure("RabbitMQ is not installed (package rabbitmq-server)")
        self.script = found[-1]

    def begin(self):
        for part in ("mnesia", "log", "home"):
            own_folder(os.path.join(self.folder, part), self.user)
        # Debian's rule for the cookie: its owner alone may read it, or Erlang refuses to start.
        cookie = os.path.join(self.folder, "home/.erlang.cookie")
        if os.path.exists(cookie):
            os.chmod(cookie, 0o600)
        self.write("home/.erlang.cookie", self.secrets["rabbitmq_cookie"], 0o400)
        self.write("definitions.json", json.dumps(definitions(self.secrets["rabbitmq"])))
        with open(os.path.join(ROOT, "deployments/rabbitmq/rabbitmq.conf"), encoding="utf-8") as file:
            shared = file.read()
        self.write("rabbitmq.conf", shared + f"""
# This instance.
listeners.tcp.1 = 127.0.0.1:{self.port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {self.management_port}
load_definitions = {self.seen}/definitions.json
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
""", 0o644)
        self.write("enabled_plugins", "[rabbitmq_management].\n", 0o644)
        self.epmd = self.spawn("epmd", ["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"],
                               env=self._environment())
        wait_until(lambda: answers(self.epmd_port), 10, "epmd's first answer", self.epmd)
        self.process = self.spawn("rabbitmq", [self.script], env=self._environment())

    def _environment(self):
        seen = self.seen
        return {
            "PATH": "/usr/sbin:/usr/bin:/bin", "HOME": f"{seen}/home", "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"sluice{self.dist_port}@localhost" if not self.is_durable else "sluice@localhost",
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_MNESIA_BASE": f"{seen}/mnesia", "RABBITMQ_LOG_BASE": f"{seen}/log",
            "RABBITMQ_CONFIG_FILE": f"{seen}/rabbitmq.conf", "RABBITMQ_PID_FILE": f"{seen}/pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{seen}/enabled_plugins", "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            # Erlang's schedulers would spin for a while before they sleep, on processors that the programs need.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
            "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(self.epmd_port),
            "detached": "1",  # the start script then becomes the Erlang machine: its pid is the one we hold
        }

    def wait_ready(self, timeout=60):
        def is_ready():
            try:
                return self.api("GET", f"/health/checks/port-listener/{self.port}") is not None
            except (OSError, failure):
                return None
        wait_until(is_ready, timeout, "RabbitMQ's first answer", self.process)

    def api(self, method, path, body=None):
        """The management API; path without /api. None for an empty answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.management_port}/api{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        secret = f"admin:{self.secrets['rabbitmq']['admin']}".encode()
        request.add_header("Authorization", "Basic " + base64.b64encode(secret).decode())
        request.add_header("Content-Type", "application/json")
        try:
            with DIRECT.open(request, timeout=10) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise failure(f"RabbitMQ's API refused {method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if text else None

    def url(self, user="admin", vhost="sluice"):
        password = self.secrets["rabbitmq"][user]
        return f"amqp://{user}:{password}@127.0.0.1:{self.port}/{urllib.parse.quote(vhost, safe='')}"

    def make_vhost(self, name):
        """A fresh vhost with the queues, in which every service has the rights it has in `sluice`."""
        self.api("PUT", f"/vhosts/{name}", {})
        for entry in definitions(self.secrets["rabbitmq"])["permissions"]:
            rights = {key: entry[key] for key in ("configure", "write", "read")}
            self.api("PUT", f"/permissions/{name}/{entry['user']}", rights)
        for queue in queues():
            body = {key: queue[key] for key in ("durable", "auto_delete", "arguments")}
            self.api("PUT", f"/queues/{name}/{queue['name']}", body)

    def drop_vhost(self, name):
        self.api("DELETE", f"/vhosts/{name}")

    def stop(self, timeout=30):
        if not self.is_durable and self.is_alive():
            self.kill_hard()  # its orderly end takes 6 s and would save what nobody reads again
        super().stop(timeout)
        if self.epmd is not None:
            self.epmd.stop(5)
        self.end_stray_epmd()

    def restart(self):
        if self.epmd is not None:
            self.kill_hard()
            self.epmd.stop(5)
        self.start()

    def end_stray_epmd(self):
        """Should the node have started one of its own after all: found by our port in its environment."""
        mark = f"ERL_EPMD_PORT={self.epmd_port}\0".encode()
        for folder in glob.glob("/proc/[0-9]*"):
            try:
                with open(f"{folder}/environ", "rb") as file:
                    is_ours = mark in file.read() + b"\0"
                with open(f"{folder}/comm", encoding="utf-8") as file:
                    is_ours = is_ours and file.read().strip() == "epmd"
            except OSError:
                continue
            pid = int(os.path.basename(folder))
            if is_ours and start_time(pid) is not None:
                end_pid(pid, start_time(pid), signal.SIGKILL, 5)

    def children(self):
        found = super().children()
        if self.epmd is not None and self.epmd.is_alive():
            found.append(self.epmd.identity())
        return found


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes through a proxy

# Rights of each service inside a vhost: configure, write, read. `sluice-topology --permissions` prints the same
# from the code, and a test compares (deployments/rabbitmq/README.md has the reasons).
PERMISSIONS = {
    "admin": (".*", ".*", ".*"),
    "submission": ("^(submission_queue|submission_dead|progress_queue)$", "^amq\\.default$", "^$"),
    "execution": ("^(submission_queue|submission_dead|execution_queue|execution_dead|progress_queue)$",
                  "^amq\\.default$", "^(submission_queue)$"),
    "notification": ("^(execution_queue|execution_dead|submission_dead|progress_queue)$", "^amq\\.default$",
                     "^(execution_queue|progress_queue|submission_dead)$"),
}


def queues():
    """The queues as `sluice-topology` printed them."""
    with open(os.path.join(ROOT, "deployments/rabbitmq/definitions.json"), encoding="utf-8") as file:
        return json.load(file)["queues"]


def definitions(passwords, vhost="sluice"):
    """What RabbitMQ loads at its start: users, their rights, and the queues."""
    users = [{"name": name, "password_hash": password_hash(password), "tags": "administrator" if name == "admin" else "",
              "hashing_algorithm": "rabbit_password_hashing_sha256"} for name, password in passwords.items()]
    permissions = [{"user": user, "vhost": vhost, "configure": rights[0], "write": rights[1], "read": rights[2]}
                   for user, rights in PERMISSIONS.items()]
    return {"users": users, "vhosts": [{"name": vhost}], "permissions": permissions,
            "queues": [{**queue, "vhost": vhost} for queue in queues()]}


def password_hash(password):
    salt = hashlib.sha256(password.encode()).digest()[:4]  # fixed, so that the file does not change at every start
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


class server_set:
    """All three, begun together."""

    def __init__(self, folder, secrets, is_durable=False, preferred=None):
        own_folder(folder)
        wish = preferred or {}
        self.rabbitmq = rabbitmq_server(os.path.join(folder, "rabbitmq"), secrets, is_durable,
                                        management_port=ports.free_port(wish.get("management")))
        self.redis = redis_server(os.path.join(folder, "redis"), secrets, is_durable)
        self.postgres = postgres_server(os.path.join(folder, "postgres"), secrets, is_durable)
        self.all = [self.rabbitmq, self.redis, self.postgres]

    def begin(self):
        for each in self.all:
            each.begin()

    def wait_ready(self):
        self.redis.wait_ready()
        self.postgres.wait_ready()
        self.postgres.make_roles()
        self.rabbitmq.wait_ready()

    def start(self):
        try:
            self.begin()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for each in self.all:  # RabbitMQ takes longest: ask all, then wait for each
            if each.process is not None and (each.is_durable or each.name != "rabbitmq"):
                each.process.ask(each.stop_signal)
        for each in self.all:
            each.stop()

    def children(self):
        return [entry for each in self.all for entry in each.children()]

    def dead(self):
        return [each for each in self.all if each.process is not None and not each.is_alive()]
