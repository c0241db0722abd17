#!/bin/sh
# run.sh: what `make bench` does: the benchmarks one after the other, in the build directory, whose makefile gives the
# environment. BENCH='bench-bus …' runs only those. Exit status 1 when something is wrong with what they measure (an
# event lost or doubled, a program that fails); a goal that is only missed counts with BENCH_STRICT=1.
set -u
cd "${HUTONG_BUILDDIR:-.}" || exit 1
strict=${BENCH_STRICT-}

# The spools go into the build directory, which has to be on a disk: in memory an fsync costs nothing.
TMPDIR=$(pwd)/bench-work.$$
export TMPDIR
mkdir "$TMPDIR" || exit 1
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' HUP INT TERM
case $(stat -f -c %T "$TMPDIR" 2>/dev/null) in
tmpfs | ramfs) echo "bench: $(pwd) is in memory; rates with a spool mean nothing here" >&2 ;;
esac

# One that only compares ends with 1 when a goal was missed; with anything else it could not compare.
run() {
    program=tests/bench/$1
    shift
    [ -x "$program" ] || {
        echo "bench: $program was not built" >&2
        return 1
    }
    echo "== $program $*"
    "$program" "$@"
}

status=0
for name in ${BENCH:-bench-mapping bench-adapters bench-spool bench-bus bench-goodput bench-backlog}; do
    case $name in
    bench-mapping | bench-adapters)
        run "$name" || {
            code=$?
            [ "$code" -eq 1 ] && [ "$strict" != 1 ] || status=1
        }
        ;;
    bench-spool) run bench-spool 100000 || status=1 ;;
    *) run "$name" || status=1 ;;
    esac
done
exit $status
