#!/usr/bin/env bash
# ./dev doctor: what this machine has and what it lacks, in words. Works before anything is installed, hence bash.
# Exit 1 when something that ./dev run cannot bring by itself is missing.
set -uo pipefail
code=0

have() { printf '  ok       %-24s %s\n' "$1" "$2"; }
later() { printf '  later    %-24s %s\n' "$1" "$2"; }
lack() { printf '  MISSING  %-24s %s\n' "$1" "$2"; code=1; }

version_of() { "$@" 2>&1 | sed -n 1p | cut -c1-60; }

tool() { # name, package, command…
    if command -v "$3" >/dev/null; then have "$1" "$(version_of "${@:3}")"; else later "$1" "package $2; ./dev build and ./dev run install it"; fi
}

echo "System"
. /etc/os-release
if [ "${VERSION_ID:-}" = 12 ] && [ "${ID:-}" = debian ]; then have "Debian 12" "$PRETTY_NAME"; else lack "Debian 12" "this is ${PRETTY_NAME:-unknown}; package names and versions are Debian 12's"; fi
have kernel "$(uname -r)"
have processors "$(nproc)"
have memory "$(awk '/MemTotal/ {printf "%.1f GiB", $2 / 1048576}' /proc/meminfo)"
free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1048576)}')
if [ "$free" -ge 5 ]; then have disk "$free GiB free here"; else lack disk "$free GiB free here; a build and its packages need 5"; fi
if [ "$EUID" -eq 0 ]; then have rights "root"; elif command -v sudo >/dev/null; then have rights "$USER, with sudo"; else lack rights "neither root nor sudo"; fi

echo "Tools"
tool clang-16 clang-16 clang++-16 --version
tool cmake cmake cmake --version
tool ninja ninja-build ninja --version
tool ccache ccache ccache --version
tool protoc protobuf-compiler protoc --version
tool python3 python3 /usr/bin/python3 --version

echo "Servers"
rabbit=$(ls -d /usr/lib/rabbitmq/lib/rabbitmq_server-* 2>/dev/null | tail -n 1)
if [ -n "$rabbit" ]; then have RabbitMQ "${rabbit##*-}"; else later RabbitMQ "package rabbitmq-server; ./dev run installs it"; fi
tool Redis redis-server redis-server --version
postgres=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | tail -n 1)
if [ -n "$postgres" ]; then have PostgreSQL "$("$postgres" --version)"; else later PostgreSQL "package postgresql; ./dev run installs it"; fi

echo "What the sandbox needs"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    have cgroups "v2: $(cat /sys/fs/cgroup/cgroup.controllers)"
elif grep -q '^cgroup ' /proc/mounts || awk '$3 == "cgroup"' /proc/mounts | grep -q .; then
    have cgroups "v1: $(awk '$3 == "cgroup" {n = split($2, p, "/"); printf "%s ", p[n]}' /proc/mounts)"
else
    lack cgroups "no cgroup file system is mounted"
fi
if unshare -Ur true 2>/dev/null; then
    have "user namespaces" "unprivileged ones too"
elif [ "$(cat /proc/sys/user/max_user_namespaces 2>/dev/null || echo 0)" -gt 0 ]; then
    have "user namespaces" "for root"
else
    lack "user namespaces" "sysctl user.max_user_namespaces is 0"
fi
if grep -q '^Seccomp:' /proc/self/status; then have seccomp "$(cat /proc/sys/kernel/seccomp/actions_avail 2>/dev/null)"; else lack seccomp "the kernel was built without it"; fi

check=build/release/bin/sluice-slot-manager
if [ -x "$check" ]; then
    echo "Self-check of the sandbox"
    as=()
    [ "$EUID" -eq 0 ] || ! command -v sudo >/dev/null || as=(sudo)
    "${as[@]}" "$check" --self-check | sed 's/^/  /'
    [ "${PIPESTATUS[0]}" -eq 0 ] || code=1
else
    later "sandbox self-check" "after ./dev build"
fi
exit "$code"
