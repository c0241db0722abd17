#!/bin/sh
# lint.sh [--quick | --format]: the rules of CONTRIBUTING.md that a program can check. Runs in the source tree.
#   (nothing)  all of them
#   --quick    those that need only sh and perl, for make check: layers, lengths, lists, forbidden text
#   --format   reformats the C files instead
# Each finding is "file:line: rule". Exit 1 if there is any. Tools that are absent are an error in CI (CI=true),
# elsewhere a note.
set -u
LC_ALL=C.UTF-8
export LC_ALL
cd "$(dirname "$0")/.." || exit 2
mode=${1-}
case $mode in
'' | --quick | --format) ;;
*)
    echo "usage: tests/lint.sh [--quick | --format]" >&2
    exit 2
    ;;
esac
C_FLAGS="-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I. -Iplugins"

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
findings=$work/findings
: >"$findings"

# Every file of the project: tracked, or new and not ignored. Without git (a dist archive): all but built ones.
list_files() {
    if [ -e .git ] && command -v git >/dev/null 2>&1 && git ls-files -co --exclude-standard >"$work/git" 2>/dev/null; then
        while IFS= read -r file; do
            [ ! -f "$file" ] || printf '%s\n' "$file"
        done <"$work/git"
    else
        find .ci VERSION configure Makefile.in ./*.md packaging core mappings plugins adapters spool tests docs -type f \
            ! -name '*.so' 2>/dev/null | sed 's|^\./||'
    fi | sort -u
}
list_files >"$work/files"
grep -E '\.[ch]$' "$work/files" >"$work/c-files"
grep -E '\.sh$|^configure$|^\.ci/run$' "$work/files" >"$work/sh-files"

# tool NAME...: the first that is there; a note, or in CI a finding, if none is.
tool() {
    for name; do
        if command -v "$name" >/dev/null 2>&1; then
            echo "$name"
            return 0
        fi
    done
    if [ "${CI-}" = true ]; then
        echo "lint: $1 is not installed" >>"$findings"
    else
        echo "lint: $1 is not installed, left out" >&2
    fi
    return 1
}

# The C files as they should be, in $work/formatted. One process for all of them: a start for each took longer than the rest of lint.
# clang-format takes the dashes of G_DEFINE_QUARK(a-b-quark, …) for subtractions.
make_formatted() {
    mkdir "$work/formatted"
    xargs cp --parents -t "$work/formatted" .clang-format <"$work/c-files"
    (
        cd "$work/formatted" || exit 1
        xargs -P 2 -n 100 "$1" -i <"$work/c-files"
        xargs sed -i '/^G_DEFINE_QUARK/s/ - /-/g' <"$work/c-files"
    )
    while IFS= read -r file; do
        cmp -s "$file" "$work/formatted/$file" || echo "$file"
    done <"$work/c-files" >"$work/unformatted"
}

check_format() {
    clang_format=$(tool clang-format-14 clang-format) || return
    case $($clang_format --version) in
    *'version 14.'*) ;;
    *)
        echo "lint: $clang_format is not version 14, format not checked" >&2
        return
        ;;
    esac
    make_formatted "$clang_format"
    while IFS= read -r file; do
        line=$(diff "$file" "$work/formatted/$file" | sed -n '1s/[^0-9].*//p')
        echo "$file:$line: not formatted; make format does it" >>"$findings"
    done <"$work/unformatted"
}

format() {
    clang_format=$(tool clang-format-14 clang-format) || exit 1
    make_formatted "$clang_format"
    while IFS= read -r file; do
        cat "$work/formatted/$file" >"$file"
    done <"$work/unformatted"
}

check_shell() {
    shellcheck=$(tool shellcheck) || return
    xargs "$shellcheck" -f gcc <"$work/sh-files" >>"$findings"
}

# Who may include whom; each line of layers.txt is a folder and the prefixes that its files may include.
check_layers() {
    [ ! -s "$work/c-files" ] || perl tests/lint/layers.pl tests/lint/layers.txt "$work/c-files" >>"$findings"
    perl tests/lint/layers.pl tests/lint/layers.txt --page ARCHITECTURE.md >"$work/page"
    cmp -s "$work/page" ARCHITECTURE.md || echo "ARCHITECTURE.md:1: its table of layers is old: make docs" >>"$findings"
}

# The table of guarantees is what the tests say that they show.
check_guarantees() {
    perl tests/lint/guarantees.pl >"$work/guarantees" 2>>"$findings"
    cmp -s "$work/guarantees" tests/README.md || echo "tests/README.md:1: its table of guarantees is old: make docs" >>"$findings"
}

# The departments' pages are those that the mappings make.
check_departments() {
    perl docs/departments.pl "$work/departments"
    diff -rq docs/departments "$work/departments" >/dev/null ||
        echo "docs/departments/README.md:1: a department's page is old: make docs" >>"$findings"
}

# Every marked string is in the template, and has its translation in each language.
check_translations() {
    tool xgettext >/dev/null && tool msgcmp >/dev/null || return
    core/cli/po/update.sh --template >"$work/pot"
    cmp -s "$work/pot" core/cli/po/hutong.pot || echo "core/cli/po/hutong.pot:1: it is old: make docs" >>"$findings"
    for po in core/cli/po/*.po; do
        {
            msgfmt --check -o /dev/null "$po" 2>&1
            msgcmp "$po" "$work/pot" 2>&1
        } | sed -n '/:[0-9]*:/p' >>"$findings"
    done
}

check_text() {
    {
        perl tests/lint/text.pl "$work/files"
        perl tests/lint/structure.pl "$work/files" tests/lint/circles.txt tests/lint/uncalled.txt
        perl tests/lint/architecture.pl ARCHITECTURE.md docs/security.md
        perl tests/lint/dangers.pl tests/lint/dangers.txt "$work/c-files"
        perl tests/lint/codes.pl
        perl tests/lint/retell.pl
        perl tests/lint/examples.pl
        perl tests/lint/pairs.pl "$work/files"
    } >>"$findings"
}

check_lists() {
    perl tests/lint/lists.pl "$work/c-files" "$work/files" >>"$findings"
}

# Each header compiles alone; the adapter interface also as strict C99 and as C++, as department engineers use it.
check_headers() {
    cc=${CC:-gcc}
    flags=${LINT_CFLAGS-$(pkg-config --cflags libsoup-3.0 gio-unix-2.0 json-glib-1.0 libxml-2.0 2>/dev/null)}
    grep '\.h$' "$work/c-files" | while IFS= read -r header; do
        # shellcheck disable=SC2086 # lists of words
        printf '#include "%s"\n' "$header" | $cc $C_FLAGS $flags -x c - >"$work/out" 2>&1 ||
            echo "$header:1: does not compile alone: $(grep -m1 error: "$work/out")" >>"$findings"
    done
    cxx=$(tool g++ clang++ c++) || cxx=
    for header in plugins/hutong-plugin.h plugins/hutong-adapter.h; do
        [ -f $header ] || continue
        printf '#include "%s"\n' $header >"$work/alone.c"
        $cc -std=c99 -pedantic -Wall -Wextra -Werror -fsyntax-only -I. "$work/alone.c" >"$work/out" 2>&1 ||
            echo "$header:1: does not compile as strict C99: $(grep -m1 error: "$work/out")" >>"$findings"
        [ -n "$cxx" ] || continue
        $cxx -std=c++11 -pedantic -Wall -Wextra -Werror -fsyntax-only -I. -x c++ "$work/alone.c" >"$work/out" 2>&1 ||
            echo "$header:1: does not compile as C++: $(grep -m1 error: "$work/out")" >>"$findings"
    done
}

# What clang warns of, whatever compiler the build has; tests/interop/gsoap is compiled with headers that gSOAP makes. Configure says why
# not unused variables.
check_clang() {
    clang=$(tool clang-14 clang) || return
    flags=${LINT_CFLAGS-$(pkg-config --cflags libsoup-3.0 gio-unix-2.0 json-glib-1.0 libxml-2.0 2>/dev/null)}
    # shellcheck disable=SC2086 # lists of words
    grep '\.c$' "$work/c-files" | grep -v '^tests/interop/gsoap/' | xargs -P 2 -n 40 "$clang" $C_FLAGS -Wshadow -Wstrict-prototypes \
        -Wmissing-prototypes -Wvla -Wformat=2 -Wno-unused-variable $flags 2>&1 | grep -E ': (fatal )?error: ' | sort -u >>"$findings"
}

if [ "$mode" = --format ]; then
    format
    exit 0
fi
check_layers
check_text
check_lists
[ ! -f tests/mutate/modules.ini ] || check_guarantees
[ ! -f docs/departments.pl ] || check_departments
[ ! -f core/cli/po/update.sh ] || check_translations
[ -n "${LINT_TREE-}" ] || sh tests/lint/test.sh >>"$findings" # that each rule can fail
if [ "$mode" != --quick ]; then
    check_format
    check_shell
    check_headers
    [ -n "${LINT_TREE-}" ] || check_clang
fi

if [ -s "$findings" ]; then
    cat "$findings"
    echo "lint: $(wc -l <"$findings") findings"
    exit 1
fi
echo "lint: $(wc -l <"$work/c-files") C files, nothing found"
