# What runs in the guest, and as whom. Each stage is a function that ends with 0 when all of it passed.
ALL_STAGES="root_v2 delegated_subids delegated_single_uid"
FIRST_UID=300000

# Root in a plain cgroup v2 tree, without a service manager. Left out is what starts interpreters by the dozen to compare
# them: two minutes here, and no kernel or cgroup has a say in it.
stage_root_v2() {
    local program code=0
    for program in $PROGRAMS; do
        "$program" -w NoTests --durations yes "~[interpreter]" || code=1
    done
    return "$code"
}

# delegated MODE USER GROUP: every program as this user, in a subtree that was given to it as systemd does with
# Delegate=yes (the folder, cgroup.procs, cgroup.subtree_control and cgroup.threads), and with no other right.
delegated() {
    local mode=$1 user=$2 group=$3 unit=/sys/fs/cgroup/unit-$1 code=0 program file
    mkdir "$unit" && echo "+cpu +memory +pids" >/sys/fs/cgroup/cgroup.subtree_control || return 1
    for file in "" /cgroup.procs /cgroup.subtree_control /cgroup.threads; do chown "$user:$group" "$unit$file"; done
    for program in $PROGRAMS; do
        echo "guest: self-check as $(id -un "$user" 2>/dev/null || echo "$user"), $mode"
        in_unit "$unit" "$user" "$group" "$MANAGER" --self-check
        SLUICE_JAIL=$mode SLUICE_CGROUP_PARENT=auto SLUICE_FIRST_UID=$FIRST_UID \
            in_unit "$unit" "$user" "$group" "$program" -w NoTests "every attack*,limits of one run*,kill ends*" || code=1
    done
    # Both fail when something was left below.
    [ ! -d "$unit/main" ] || rmdir "$unit/main" || code=1
    rmdir "$unit" || code=1
    return "$code"
}

in_unit() {
    local unit=$1 user=$2 group=$3
    shift 3
    # Once controllers are handed down, only a leaf may hold processes: the one that the programs themselves made.
    [ ! -d "$unit/main" ] || unit=$unit/main
    bash -c 'echo $$ >"$0/cgroup.procs" && exec setpriv --reuid="$1" --regid="$2" --clear-groups -- "${@:3}"' \
        "$unit" "$user" "$group" "$@"
}

stage_delegated_subids() {
    echo "nobody:$FIRST_UID:64" | tee /etc/subuid >/etc/subgid
    delegated subids nobody nogroup
}

stage_delegated_single_uid() {
    delegated single_uid 4711 4711
}

# Root, and containers of an OCI runtime in place of our own sandboxes.
stage_oci_v2() {
    local program code=0
    crun --version
    for program in $PROGRAMS; do
        SLUICE_SANDBOX_BACKEND=crun "$program" -w NoTests --durations yes || code=1
    done
    return "$code"
}

# Not a function that ends: systemd takes over PID 1 and runs the programs as a service with Delegate=yes, which
# reports and cuts the power. become_systemd.sh says what is in its unit.
stage_systemd() {
    bash /guest-job/become_systemd.sh
}
