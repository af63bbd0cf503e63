"""Which Debian packages the language files ask for. `languages.py packages default` prints those that
./dev run installs (install_by_default in deployments/languages/*.yaml), `packages ci` adds those of
scripts/packages/languages-ci.txt, in which the tests run real programs."""

import glob
import os
import sys

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def packages_of(entry):
    """`package: gcc` or `packages: [gcc, libc6-dev]`."""
    value = entry.get("packages", entry.get("package", []))
    return value.split() if isinstance(value, str) else list(value)


def packages(which):
    found = set()
    for path in sorted(glob.glob(os.path.join(ROOT, "deployments/languages/*.yaml"))):
        with open(path, encoding="utf-8") as file:
            entry = yaml.safe_load(file)
        if entry.get("install_by_default"):
            found.update(packages_of(entry))
    if which == "ci":
        with open(os.path.join(ROOT, "scripts/packages/languages-ci.txt"), encoding="utf-8") as file:
            found.update(line.split("#")[0].strip() for line in file)
    found.discard("")
    return sorted(found)


if __name__ == "__main__":
    if sys.argv[1:2] != ["packages"]:
        sys.exit(__doc__)
    print("\n".join(packages(sys.argv[2])))
