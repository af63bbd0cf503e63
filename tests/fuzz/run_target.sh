#!/bin/sh
# run_target.sh BINARY CORPUS RUNS: the checked-in inputs, then generated ones with a fixed seed. New
# inputs go to a folder of this run, never into the tree.
set -eu
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"$1" -runs="$3" -seed=1 -max_len=4096 -timeout=10 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=0 \
    -artifact_prefix="$new/" "$new" "$2" || {
    code=$?
    # Small enough to be copied out of a log into the corpus.
    for input in "$new"/crash-* "$new"/timeout-* "$new"/oom-*; do
        [ ! -e "$input" ] || { echo "input in base64:"; base64 -w 0 "$input"; echo; }
    done
    exit "$code"
}
