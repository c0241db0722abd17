#!/bin/sh
# The table of ugly reality says the truth: ugly-reality.sh beside made-up logs. Speaks TAP; run-test.sh runs it in a
# private directory.
set -u
here=$HUTONG_SRCDIR/tests/lib
number=0

# claim NAME COMMAND...: one test, that the command succeeds.
claim() {
    name=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number /ugly-reality/$name"
    else
        echo "not ok $number /ugly-reality/$name"
    fi
}

# A table of all cases, each covered by /a of the program test-one.
write_table() {
    case=0
    while [ $case -lt 80 ]; do
        case=$((case + 1))
        printf 'U%s\tcase %s\n\ttest-one\t/a\n' $case $case
    done >table
}

write_log() {
    mkdir -p logs/unit
    printf '1..1\n%s\n' "$1" >logs/unit/test-one.tap
}

# says STATUS TEXT: the table has this line in it, and the script ends so.
says() {
    "$here/ugly-reality.sh" table logs >out 2>&1
    [ $? -eq "$1" ] && grep -q "$2" out
}

refuses_table() {
    write_table
    sed "$1" table >changed && mv changed table
    says 1 "$2"
}

refuses_log() {
    write_table
    write_log "$1"
    says 1 "$2"
}

write_table
write_log 'ok 1 /a'
claim 'is-content-when-every-test-passed' says 0 '80 of 80 cases covered'
claim 'wants-a-row-for-each-case' refuses_table '/^U7[^0-9]/d' 'not covered: U7$'
claim 'wants-a-test-for-each-case' refuses_table '2d' 'not covered: U1$'
claim 'wants-tests-that-ran' refuses_table '2s|/a|/b|' 'NOT RUN  test-one /b'
claim 'wants-each-of-a-cases-tests' refuses_table '3s|^|\ttest-two\t/a\n|' 'not covered: U1$'
claim 'knows-a-failed-test' refuses_log 'not ok 1 /a' 'FAILED   test-one /a'
claim 'knows-a-skipped-test' refuses_log 'ok 1 /a # SKIP not here' 'SKIPPED  test-one /a'
claim 'knows-a-test-by-its-whole-name' refuses_log 'ok 1 /a/b' 'NOT RUN  test-one /a'
write_log 'ok 1 - /a'
write_table
claim 'reads-both-forms-of-tap' says 0 '80 of 80 cases covered'
rm -r logs
claim 'wants-logs' says 1 '0 of 80 cases covered'
echo "1..$number"
