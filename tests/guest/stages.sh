# What runs in the guest, and as whom. Each stage is a function that ends with 0 when all of it passed.
ALL_STAGES="root_v2"

# Root in a plain cgroup v2 tree, without a service manager.
stage_root_v2() {
    local program code=0
    for program in $PROGRAMS; do
        "$program" --durations yes || code=1
    done
    return "$code"
}
