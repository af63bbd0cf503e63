"""What docker-compose.yaml and the Kubernetes manifests give each service is what the service takes, in production:
the same binaries are asked with --check-config. Variables and secrets are made up."""

import json
import os
import re
import subprocess

import pytest
import yaml

from support.suite import ROOT

SERVICES = ("submission", "execution", "notification", "websocket")
JSON_VALUES = {"SLUICE_TOKENS": '{"a-token": "user-1"}', "SLUICE_ALLOWED_ORIGINS": '["https://example.org"]'}


def refusals(service, config, environment, build):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE__")}
    done = subprocess.run([os.path.join(build, "bin", f"sluice-{service}"), "--config", config, "--check-config"],
                          env={**clean, **environment}, capture_output=True, text=True, timeout=30, check=False)
    return "" if done.returncode == 0 else done.stderr


def load_all(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


@pytest.fixture(name="build")
def build_folder():
    return os.environ.get("SLUICE_BUILD", os.path.join(ROOT, "build/release"))


@pytest.mark.parametrize("service", SERVICES)
def test_compose_gives_the_service_settings_that_it_takes(service, build):
    given = load_all("docker-compose.yaml")[0]["services"][service]["environment"]
    filled = {name: re.sub(r"\$\{(\w+)[^}]*\}", lambda m: JSON_VALUES.get(m[1], "a-password"), str(value))
              for name, value in given.items()}
    assert refusals(service, f"deployments/config/{service}.yaml", filled, build) == ""


@pytest.mark.parametrize("service", SERVICES)
def test_kubernetes_gives_the_service_settings_that_it_takes(service, build, tmp_path):
    secrets = load_all("deployments/k8s/examples/secret.yaml")[0]["stringData"]
    config = tmp_path / f"{service}.yaml"
    config.write_text(load_all("deployments/k8s/config.yaml")[0]["data"][f"{service}.yaml"], encoding="utf-8")
    pod = load_all(f"deployments/k8s/{service}-deployment.yaml")[0]["spec"]["template"]["spec"]
    for container in pod["containers"]:
        given = {each["name"]: each.get("value") or secrets[each["valueFrom"]["secretKeyRef"]["key"]]
                 for each in container.get("env", [])}
        assert refusals(service, str(config), given, build) == "", json.dumps(given)
