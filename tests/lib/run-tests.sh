#!/bin/sh
# run-tests.sh GROUP JOBS PROGRAM...: runs test programs that speak TAP through prove, JOBS at once, with
# test-logs/GROUP as the place for their output, and counts their tests; personal data in that output is a failed test
# more. Runs in the build directory.
set -u
here=$(cd "$(dirname "$0")" && pwd)
group=$1
jobs=$2
shift 2
HUTONG_TEST_LOGDIR=$(pwd)/test-logs/$group
export HUTONG_TEST_LOGDIR
rm -rf "$HUTONG_TEST_LOGDIR"
mkdir -p "$HUTONG_TEST_LOGDIR"

# Prints "PASSED FAILED SKIPPED". A program that ended badly without a "not ok" (crash, time limit), or that ran
# fewer tests than it announced, counts as one failed test more; one marked as unfinished counts as skipped.
count_tests() {
    for exit_file in "$HUTONG_TEST_LOGDIR"/*.exit; do
        [ -f "$exit_file" ] || continue
        awk -v code="$(cat "$exit_file")" '
            /^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1 }
            /^not ok/ { ran++; if (/# *TO[D]O/) s++; else f++ }
            /^ok/ { ran++; if (/# *(SKIP|TO[D]O|skip|todo)/) s++; else p++ }
            END {
                if (!f && (code != 0 || !planned || plan != ran)) f++
                print p + 0, f + 0, s + 0
            }' "${exit_file%.exit}.tap"
    done | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }'
}

status=0
if [ $# -gt 0 ]; then
    if [ -z "${PROVE-}" ]; then
        echo "$group: prove was not found by configure; on Debian: apt-get install perl" >&2
        exit 1
    fi
    "$PROVE" --exec "$here/run-test.sh" --jobs "$jobs" "$@" || status=1
fi

count_tests >"$HUTONG_TEST_LOGDIR/summary"
read -r passed failed skipped <"$HUTONG_TEST_LOGDIR/summary"
if ! "$here/scan-personal-data.sh" "$HUTONG_TEST_LOGDIR"; then
    echo "FAILED: personal data in the output (counted as one failed test)"
    failed=$((failed + 1))
    echo "$passed $failed $skipped" >"$HUTONG_TEST_LOGDIR/summary"
fi
[ "$failed" -eq 0 ] || status=1
echo "$group: passed $passed, failed $failed, skipped $skipped; output is in $HUTONG_TEST_LOGDIR"
[ -n "${HUTONG_CHECK_ALL-}" ] || echo "$passed passed, $failed failed"
exit $status
