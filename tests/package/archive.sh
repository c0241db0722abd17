#!/bin/bash
# archive.sh SRCDIR BUILDDIR [TARGET...]: see README.md. Prints TAP.
# shellcheck disable=SC2317 # its functions are called by claim
set -uo pipefail
srcdir=$(realpath "${1:?archive.sh SRCDIR BUILDDIR}")
built=$(realpath "${2:?archive.sh SRCDIR BUILDDIR}")
shift 2
[ $# -gt 0 ] || set -- all
[ -z "$(git -C "$srcdir" status --porcelain 2>&1)" ] || { echo "1..0 # SKIP the checkout has changes, or is none"; exit 0; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL
export CCACHE_DISABLE=1
archive=$built/hutong-$(cat "$srcdir/VERSION").tar.gz
tree=$work/from/elsewhere/hutong-$(cat "$srcdir/VERSION")
build=$work/b
number=0 failed=0

claim() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/said" 2>&1; then
        echo "ok $number /package/archive/$name"
    else
        failed=$((failed + 1))
        echo "not ok $number /package/archive/$name"
        tail -n 30 "$work/said" | sed 's/^/# /'
    fi
}

holds_the_commit() {
    make -C "$built" dist || return
    mkdir -p "$work/from/elsewhere" && tar -xzf "$archive" -C "$work/from/elsewhere" || return
    diff <(git -C "$srcdir" ls-files | sort) <(cd "$tree" && find . -type f -o -type l | sed 's|^\./||' | sort)
}

# Configured as the build that it is compared with, whose config.status names the sources once.
builds_without_git() {
    mkdir "$build" && cd "$build" || return
    sed "s|^exec '$srcdir/configure'|exec '$tree/configure'|" "$built/config.status" >config.again
    sh config.again && make -j"$(nproc)" "$@"
}

gives_the_same_files() {
    local file same=true found=0
    cd "$build" || return
    for file in hutong hutong-host hutong-host-signed adapters/*.so; do
        [ -f "$file" ] || continue
        found=$((found + 1))
        cmp "$file" "$built/$file" || { same=false; diff <(strings -a "$file") <(strings -a "$built/$file") | head -n 10; }
        ! grep -aFl -e "$work" "$file" || same=false
    done
    echo "$found files compared"
    [ "$found" -gt 2 ] && $same
}

is_made_of_a_commit_only() {
    cd "$build" || return
    if make dist >refused 2>&1; then return 1; fi
    grep 'is no git checkout' refused && [ -z "$(find . -name 'hutong-*.tar*')" ]
}

claim holds-the-commit holds_the_commit
claim builds-without-git builds_without_git "$@"
claim gives-the-same-files-wherever-it-is-built gives_the_same_files
claim is-made-of-a-commit-only is_made_of_a_commit_only
rm -f "$archive"
echo "1..$number"
[ "$failed" -eq 0 ]
