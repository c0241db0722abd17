#!/bin/sh
# run-test.sh PROGRAM: runs one test program in a private directory under a time limit; run-tests.sh calls it through
# prove. Keeps standard output (TAP), standard error and exit status in $HUTONG_TEST_LOGDIR, ends what the program
# left running, and shows the end of its standard error if it failed.
set -u
program=$1
name=$(basename "$program")
case $program in
/*) ;;
*) program=$(pwd)/$program ;;
esac
logs=$HUTONG_TEST_LOGDIR

# Short, because a unix socket's path holds 107 bytes.
scratch=$(mktemp -d /tmp/ht.XXXXXX) || exit 1
pid=
# shellcheck disable=SC2317,SC2329 # called by trap
clean_up() {
    [ -z "$pid" ] || kill -s KILL -- "-$pid" 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$scratch" || exit 1
umask 022 # the loader refuses an adapter that others may write, also a test's copy
TMPDIR=$scratch
HOME=$scratch
XDG_RUNTIME_DIR=$scratch
export TMPDIR HOME XDG_RUNTIME_DIR

interpreter=
case $program in
*.py) interpreter='python3' ;;
*.sh) [ -x "$program" ] || interpreter='sh' ;;
esac

# timeout makes a process group of its own; -$pid is the test and all its children. To a file, not through a pipe:
# a child that stays behind would keep the pipe open.
timeout -k 10 "${TEST_TIMEOUT:-300}" $interpreter "$program" \
    >"$logs/$name.tap" 2>"$logs/$name.err" </dev/null &
pid=$!
wait "$pid"
code=$?
echo "$code" >"$logs/$name.exit"
if kill -s KILL -- "-$pid" 2>/dev/null; then
    echo "$name left processes behind; they were killed" >>"$logs/$name.err"
fi
pid=

# GTest bails out of a failed program; to prove that would mean all programs.
sed 's/^Bail out!/# bailed out:/' "$logs/$name.tap"
if [ "$code" -ne 0 ]; then
    [ "$code" -ne 124 ] || echo "$name: stopped after ${TEST_TIMEOUT:-300} s" >&2
    tail -n 60 "$logs/$name.err" >&2
fi
exit "$code"
