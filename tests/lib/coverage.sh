#!/bin/sh
# coverage.sh [FOLDER…]: which part of the product's lines the tests have run, a line a folder: percent, lines run, lines. Called in the
# build directory of `make coverage`, after its tests. With folders: a line a file of these instead.
# What a sandboxed host does is not counted: it may not write its counts. Its code is counted where unit tests call it.
set -u
sum=$(mktemp) || exit 2
trap 'rm -f "$sum"' EXIT

# "FILE RUN LINES" for each .c file of the product. gcov counts an object without a run as not run.
find obj/core obj/plugins obj/spool obj/mappings obj/adapters -name '*.gcno' ! -name 'test-*' -print0 2>/dev/null |
    LC_ALL=C xargs -0 -r gcov -n 2>/dev/null |
    awk -F"'" '
        /^File / { file = $2 ~ /^(core|plugins|spool|mappings|adapters)\/.*\.c$/ ? $2 : "" }
        /^Lines executed:/ && file != "" {
            split(substr($0, 16), part, /% of /)
            printf "%s %d %d\n", file, part[1] * part[2] / 100 + 0.5, part[2]
            file = ""
        }' | sort >"$sum"

awk -v folders="$*" '
    function add(name) { run[name] += $2; lines[name] += $3 }
    BEGIN { count = split(folders, wanted, " ") }
    {
        folder = $1
        sub(/\/[^\/]*$/, "", folder)
        for (i = 1; i <= count; i++) {
            if (folder == wanted[i]) { add($1) }
        }
        if (count == 0) { add(folder) }
        add("all")
    }
    END { for (name in lines) printf "%5.1f %% %6d of %6d  %s\n", 100 * run[name] / lines[name], run[name], lines[name], name }
' "$sum" | sort -k6
