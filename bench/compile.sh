#!/usr/bin/env bash
# Compiling in the sandbox with what sluice-languages prepares, against the plain compiler: builds the headers and
# archives in a temporary folder, measures (bench/compile.cpp), removes them. Arguments: rounds, language.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
folder=$(mktemp -d -p /var/tmp) # what lies below /tmp cannot be shown in a sandbox
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
build/release/bin/sluice-languages --prepare "$folder" >/dev/null
build/release/bin/sluice-bench-compile "$folder" "$@"
