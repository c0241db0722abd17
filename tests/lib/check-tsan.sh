#!/bin/sh
# check-tsan.sh PROGRAM...: what `make check-tsan` does, in a build with --sanitize=thread. First whether the sanitizer sees what it is there
# for (tsan-control.c), then the programs. Fails on any report of any process: bus, hosts and children too, whose output nobody else sees.
set -u
here=$(cd "$(dirname "$0")" && pwd)
reports=$(pwd)/tsan-reports
rm -rf "$reports"
mkdir -p "$reports"
options="suppressions=$here/tsan.supp:ignore_noninstrumented_modules=1:second_deadlock_stack=1:history_size=4"

# control STATUS CASE...: each must end so; 66 is what it ends a process with that it reported something of.
control() {
    wanted=$1
    shift
    for one; do
        TSAN_OPTIONS="$options:log_path=$reports/control" tests/lib/tsan-control "$one"
        found=$?
        [ "$found" -eq "$wanted" ] || {
            echo "check-tsan: tsan-control $one ended with $found, not $wanted: ThreadSanitizer does not see what it should" >&2
            exit 1
        }
    done
}
control 66 race late crosswise
control 0 lock condition queue pool loop
rm -f "$reports"/*

TSAN_OPTIONS="$options:log_path=$reports/report"
export TSAN_OPTIONS
status=0
"$here/run-tests.sh" tsan "${TEST_JOBS:-2}" "$@" || status=1
for report in "$reports"/*; do
    [ -s "$report" ] || continue # opened, but nothing to tell
    cat "$report" >&2
    status=1
done
exit $status
