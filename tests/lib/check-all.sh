#!/bin/sh
# check-all.sh [VARIABLE=VALUE]... GOAL...: what `make check` does. Runs each make goal even when an earlier one
# failed, keeps all output in check.log, shows which test covers which case of ugly reality, searches all output for
# personal data, and ends with the sum over all tests, alone on its line: "N passed, N failed". With HUTONG_TOTALS=FILE
# the sum is appended to FILE instead.
# Runs in the build directory.
set -u
here=$(dirname "$0")
variables=
while [ $# -gt 0 ]; do
    case $1 in
    *=*) variables="$variables $1" ;;
    *) break ;;
    esac
    shift
done

run_goals() {
    for goal; do
        # shellcheck disable=SC2086 # words without blanks
        HUTONG_CHECK_ALL=1 "${MAKE:-make}" --no-print-directory $variables "$goal" || echo "$goal" >>test-logs/broken
    done
}

add_up() {
    cat test-logs/*/summary 2>/dev/null | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }'
}

rm -rf test-logs
mkdir -p test-logs
run_goals "$@" 2>&1 | tee check.log

status=0
uncovered=0
"$here/ugly-reality.sh" "$here/../data/ugly-reality.tsv" test-logs >test-logs/ugly-reality || uncovered=1
tee -a check.log <test-logs/ugly-reality

leaks=0
"$here/scan-personal-data.sh" check.log test-logs/ugly-reality || leaks=1 # each stage looks at its own

read -r passed failed skipped <<END
$(add_up)
END
failed=$((failed + leaks + uncovered))
if [ -s test-logs/broken ]; then
    echo "FAILED: $(tr '\n' ' ' <test-logs/broken)"
    status=1
fi
if [ $leaks -ne 0 ]; then
    echo "FAILED: personal data in the output (counted as one failed test)"
    status=1
fi
if [ $uncovered -ne 0 ]; then
    echo "FAILED: not all of ugly reality is covered, see the table above (counted as one failed test)"
    status=1
fi
if [ $((passed + failed)) -eq 0 ]; then
    echo "FAILED: no test ran"
    status=1
fi
[ "$skipped" -eq 0 ] || echo "skipped: $skipped"
if [ -n "${HUTONG_TOTALS-}" ]; then
    echo "$passed $failed" >>"$HUTONG_TOTALS"
    echo "check: passed $passed, failed $failed"
else
    echo "$passed passed, $failed failed"
fi
exit $status
