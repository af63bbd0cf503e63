"""What docker-compose.yaml and the Kubernetes manifests give each service is what the service takes, in production:
the same binaries are asked with --check-config and --print-config. Variables and secrets are made up."""

import json
import os
import re
import subprocess

import pytest
import yaml

from support.suite import ROOT

SERVICES = ("submission", "execution", "notification", "websocket")
JSON_VALUES = {"SLUICE_TOKENS": '{"a-token": "user-1"}', "SLUICE_ALLOWED_ORIGINS": '["https://example.org"]'}
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"  # read by --check-config; in a container it is one of /etc/sluice/certificates
# What an operator sets who wants everything that is off by default.
ALL_ON = {
    "SLUICE_MAIL_ENABLED": "true", "SLUICE_SMTP_URL": "smtps://mail.example.org:465", "SLUICE_SMTP_USERNAME": "sluice",
    "SLUICE_SMTP_PASSWORD": "a-password", "SLUICE_SMTP_CA_FILE": BUNDLE,
    "SLUICE_MAIL_FROM": "Our Sluice <sluice@example.org>", "SLUICE_PUBLIC_URL": "https://sluice.example.org",
    "SLUICE_WEBHOOKS_ENABLED": "true", "SLUICE_WEBHOOKS_ALLOW_HTTP": "false", "SLUICE_WEBHOOKS_PORTS": '["8443"]',
    "SLUICE_WEBHOOKS_CA_FILE": BUNDLE,
    "SLUICE_UPLOADS_STORAGE": "s3", "SLUICE_S3_ENDPOINT": "https://s3.example.org", "SLUICE_S3_BUCKET": "programs",
    "SLUICE_S3_REGION": "eu-central-1", "SLUICE_S3_PREFIX": "p/", "SLUICE_S3_ACCESS_KEY": "an-access-key",
    "SLUICE_S3_SECRET_KEY": "a-secret-key", "SLUICE_S3_PATH_STYLE": "false",
    "SLUICE_S3_CA_FILE": BUNDLE,
}
# Of the above, what each service says that it runs with; a URL may hold a password, so it is masked.
EFFECTIVE = {
    "submission": {"mail.enabled": True, "webhooks.enabled": True, "webhooks.allow_http": False, "webhooks.ports": ["8443"],
                   "uploads.storage": "s3", "uploads.s3.endpoint": "https://s3.example.org", "uploads.s3.bucket": "programs",
                   "uploads.s3.region": "eu-central-1", "uploads.s3.prefix": "p/", "uploads.s3.path_style": False,
                   "uploads.s3.ca_file": BUNDLE},
    "notification": {"mail.smtp_url": "***", "mail.username": "sluice",
                     "mail.ca_file": BUNDLE, "mail.from": "Our Sluice <sluice@example.org>",
                     "mail.public_url": "https://sluice.example.org", "mail.require_tls": True, "webhooks.enabled": True,
                     "webhooks.allow_http": False, "webhooks.ports": ["8443"],
                     "webhooks.ca_file": BUNDLE},
}
SECRETS = ("a-password", "an-access-key", "a-secret-key")


def run(service, config, environment, build, what):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE__")}
    return subprocess.run([os.path.join(build, "bin", f"sluice-{service}"), "--config", config, what],
                          env={**clean, **environment}, capture_output=True, text=True, timeout=30, check=False, cwd=ROOT)


def refusals(service, config, environment, build):
    done = run(service, config, environment, build, "--check-config")
    return "" if done.returncode == 0 else done.stderr


def effective(service, config, environment, build):
    """The settings it would run with, secrets masked."""
    done = run(service, config, environment, build, "--print-config")
    assert done.returncode == 0, done.stderr
    assert not any(secret in done.stdout for secret in SECRETS)
    return yaml.safe_load(done.stdout)


def at(settings, path):
    for name in path.split("."):
        settings = settings[name]
    return settings


def load_all(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


@pytest.fixture(name="build")
def build_folder():
    return os.environ.get("SLUICE_BUILD", os.path.join(ROOT, "build/release"))


# -- docker compose -----------------------------------------------------------------------------------


def example_variables():
    """.env.example as it is: what must be set is empty there."""
    with open(os.path.join(ROOT, ".env.example"), encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def required_variables():
    with open(os.path.join(ROOT, "docker-compose.yaml"), encoding="utf-8") as file:
        return set(re.findall(r"\$\{(\w+):\?", file.read()))


def interpolated(text, variables):
    """As docker compose does it, the forms that we use: ${A}, ${A:?why}, ${A:-default}."""
    def value(match):
        name, default = match[1], match[3]
        found = variables.get(name, "")
        assert found or default is not None or ":?" not in match[0], name
        return found or default or ""
    return re.sub(r"\$\{(\w+)(:\?[^}]*|:-([^}]*))?\}", value, text)


def compose_environment(service, more=None):
    variables = example_variables()
    variables.update({name: JSON_VALUES.get(name, "a-password") for name in required_variables()})
    variables.update(more or {})
    given = load_all("docker-compose.yaml")[0]["services"][service]["environment"]
    return {name: interpolated(str(value), variables) for name, value in given.items()}


def test_every_variable_of_compose_stands_in_the_example_and_the_other_way_round():
    with open(os.path.join(ROOT, "docker-compose.yaml"), encoding="utf-8") as file:
        used = set(re.findall(r"\$\{(\w+)", file.read()))
    assert used == set(example_variables())
    assert set(ALL_ON) <= used
    assert all(not example_variables()[name] for name in required_variables()), "no password that everybody knows"


@pytest.mark.parametrize("service", SERVICES)
def test_compose_gives_the_service_settings_that_it_takes(service, build):
    assert refusals(service, f"deployments/config/{service}.yaml", compose_environment(service), build) == ""


@pytest.mark.parametrize("service", EFFECTIVE)
def test_compose_carries_mail_webhooks_and_s3_to_the_service(service, build):
    given, config = compose_environment(service, ALL_ON), f"deployments/config/{service}.yaml"
    assert refusals(service, config, given, build) == ""
    settings = effective(service, config, given, build)
    assert {path: at(settings, path) for path in EFFECTIVE[service]} == EFFECTIVE[service]


@pytest.mark.parametrize("service,wrong,told", [
    ("submission", {"SLUICE_S3_BUCKET": ""}, "uploads.s3.bucket"),
    ("submission", {"SLUICE_S3_SECRET_KEY": ""}, "SLUICE__UPLOADS__S3__SECRET_KEY"),
    ("submission", {"SLUICE_S3_ENDPOINT": "http://s3.example.org"}, "not encrypted"),
    ("submission", {"SLUICE_WEBHOOKS_PORTS": '["https"]'}, "webhooks.ports"),
    ("notification", {"SLUICE_SMTP_REQUIRE_TLS": "false"}, "mail.require_tls"),
    ("notification", {"SLUICE_MAIL_FROM": "nobody"}, "mail.from"),
    ("notification", {"SLUICE_WEBHOOKS_ENABLED": "perhaps"}, "webhooks.enabled"),
])
def test_a_mistake_in_env_is_told_before_the_start(service, wrong, told, build):
    given = compose_environment(service, {**ALL_ON, **wrong})
    assert told in refusals(service, f"deployments/config/{service}.yaml", given, build)


# -- Kubernetes ---------------------------------------------------------------------------------------


def pod_environments(service, has_optional):
    """Of each container of the deployment; without the keys of the Secret that may be left out, or with them."""
    secrets = load_all("deployments/k8s/examples/secret.yaml")[0]["stringData"]
    pod = load_all(f"deployments/k8s/{service}-deployment.yaml")[0]["spec"]["template"]["spec"]
    for container in pod["containers"]:
        environment = {}
        for each in container.get("env", []):
            key = each.get("valueFrom", {}).get("secretKeyRef", {})
            if has_optional or not key.get("optional"):
                environment[each["name"]] = each.get("value") or secrets[key["key"]]
        yield environment


def written_config(service, folder, changes=None):
    settings = yaml.safe_load(load_all("deployments/k8s/config.yaml")[0]["data"][f"{service}.yaml"])
    for path, value in (changes or {}).items():
        *sections, name = path.split(".")
        section = at(settings, ".".join(sections))
        assert name in section, f"{path} is not shown in config.yaml"
        section[name] = value
    path = folder / f"{service}.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("has_optional", (False, True))
@pytest.mark.parametrize("service", SERVICES)
def test_kubernetes_gives_the_service_settings_that_it_takes(service, has_optional, build, tmp_path):
    config = written_config(service, tmp_path)
    for given in pod_environments(service, has_optional):
        assert refusals(service, config, given, build) == "", json.dumps(given)


@pytest.mark.parametrize("service", EFFECTIVE)
def test_the_config_map_shows_what_turns_mail_webhooks_and_s3_on(service, build, tmp_path):
    shown_elsewhere = {"mail.username", "mail.require_tls"}  # in the Secret; a default that production insists on
    changes = {path: value for path, value in EFFECTIVE[service].items() if path not in shown_elsewhere}
    if service == "notification":
        changes["mail.smtp_url"] = ALL_ON["SLUICE_SMTP_URL"]
    config = written_config(service, tmp_path, changes)
    (given,) = pod_environments(service, has_optional=True)
    assert refusals(service, config, given, build) == ""
    settings = effective(service, config, given, build)
    assert {path: at(settings, path) for path in EFFECTIVE[service]} == EFFECTIVE[service]
    if service == "submission":
        (without,) = pod_environments(service, has_optional=False)
        assert "SLUICE__UPLOADS__S3__SECRET_KEY" in refusals(service, config, without, build)
