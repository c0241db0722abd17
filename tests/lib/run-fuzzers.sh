#!/bin/sh
# run-fuzzers.sh CORPUS SECONDS TARGET...: runs each fuzz target fuzz/TARGET on CORPUS/NAME (TARGET is fuzz-NAME) for
# SECONDS. New inputs go to fuzz/corpus/NAME, an input that breaks something to fuzz/found/, never to the source tree.
# Runs in the build directory.
set -u
corpus=$1
seconds=$2
shift 2
mkdir -p test-logs/fuzz fuzz/found
status=0
for target; do
    name=${target#fuzz-}
    log=test-logs/fuzz/$name.log
    mkdir -p "fuzz/corpus/$name"
    set -- "fuzz/corpus/$name"
    if [ -d "$corpus/$name" ]; then set -- "$@" "$corpus/$name"; fi
    if [ -f "$corpus/$name.dict" ]; then set -- -dict="$corpus/$name.dict" "$@"; fi
    if "fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="fuzz/found/$name-" "$@" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "fuzz: $name: ${runs:-0} inputs in $seconds s, nothing found"
    else
        echo "fuzz: $name: FAILED; the input is in fuzz/found/$name-*, the end of $log:"
        tail -n 40 "$log"
        status=1
    fi
done
exit $status
