"""A test: the rights that ./dev and the compose file give on the broker are those that the code prints.
check_permissions.py PATH/sluice-topology"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from devtools.servers import PERMISSIONS, ROOT  # noqa: E402


def main():
    printed = json.loads(subprocess.run([sys.argv[1], "--permissions"], capture_output=True, check=True).stdout)
    wanted = {entry["user"]: (entry["configure"], entry["write"], entry["read"]) for entry in printed}
    ours = {user: rights for user, rights in PERMISSIONS.items() if user != "admin"}
    assert ours == wanted, f"scripts/devtools/servers.py gives {ours}, sluice-topology prints {wanted}"
    with open(os.path.join(ROOT, "deployments/docker/start/rabbitmq.sh"), encoding="utf-8") as file:
        script = file.read()
    for user, rights in wanted.items():
        line = " ".join([f"right {user}"] + ["'" + json.dumps(right)[1:-1] + "'" for right in rights])
        assert line in script, f"deployments/docker/start/rabbitmq.sh lacks: {line}"


if __name__ == "__main__":
    main()
