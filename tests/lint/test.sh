#!/bin/sh
# test.sh: each rule of lint can fail. A small tree of a project, in which lint finds nothing, gets one thing wrong at a time; the
# finding must be the one expected. Run by lint.sh itself; a rule that finds nothing is a finding of its own.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failed=0

# file PATH: its text comes from standard input.
file() {
    mkdir -p "$work/tree/$(dirname "$1")"
    cat >"$work/tree/$1"
}

make_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/tests/lint" "$work/tree/mappings/engine" "$work/tree/adapters"
    cp "$here/../lint.sh" "$work/tree/tests/"
    cp "$here"/*.pl "$work/tree/tests/lint/"
    file tests/lint/circles.txt </dev/null
    echo 'ht_two: the top of this tree' | file tests/lint/uncalled.txt
    file tests/lint/layers.txt <<'EOF'
libraries <libxml/ <curl/
plugins
spool "plugins/ <curl/
core/refusal
EOF
    printf '<!-- made of tests/lint/layers.txt by make docs -->\n<!-- end -->\n' >"$work/tree/ARCHITECTURE.md"
    file docs/soap-clients.md </dev/null
    file core/refusal/table.c <<'EOF'
/* The table. */
static const int rows[] = {1};
EOF
    file core/refusal/files.mk <<'EOF'
refusal_SRC := core/refusal/table.c
EOF
    file plugins/one.h <<'EOF'
/* One. */
#pragma once
int ht_one(void);
EOF
    file plugins/one.c <<'EOF'
/* One. */
#include "plugins/one.h"
int ht_one(void)
{
    return 1;
}
EOF
    file plugins/files.mk <<'EOF'
plugins_SRC := plugins/one.c
EOF
    file spool/two.h <<'EOF'
/* Two. */
#pragma once
typedef struct HtTwo HtTwo;
int ht_two(void);
EOF
    file spool/two.c <<'EOF'
/* Two; see two.h. */
#include "spool/two.h"
#include "plugins/one.h"
#include <curl/curl.h>
struct HtTwo {
    int number;
};
int ht_two(void)
{
    return ht_one();
}
EOF
    file spool/files.mk <<'EOF'
spool_SRC := spool/two.c
EOF
    make_page
}

make_page() {
    (cd "$work/tree" && perl tests/lint/layers.pl tests/lint/layers.txt --page ARCHITECTURE.md >page && mv page ARCHITECTURE.md)
}

# expect WHAT PATTERN: lint of the tree as it is finds this and nothing else; an empty pattern: nothing at all.
expect() {
    LINT_TREE=1 sh "$work/tree/tests/lint.sh" --quick >"$work/out" 2>&1
    others=$(grep -v '^lint: ' "$work/out" | { if [ -n "$2" ]; then grep -vE "$2"; else cat; fi; })
    if [ -n "$others" ] || { [ -n "$2" ] && ! grep -qE "$2" "$work/out"; }; then
        echo "tests/lint/test.sh:1: $1: expected \"$2\", found: $(grep -v '^lint: ' "$work/out" | head -3 | tr '\n' ' ')"
        failed=1
    fi
    make_tree
}

make_tree
expect 'a good tree' ''

printf '#include "spool/two.h"\n' >>"$work/tree/plugins/one.c"
expect 'an include upward' '^plugins/one.c:[0-9]+: plugins may not include "spool/two.h"$'

printf '#include <libxml/tree.h>\n' >>"$work/tree/plugins/one.c"
expect 'a library of others' '^plugins/one.c:[0-9]+: plugins may not include <libxml/tree.h>$'

sed -i 's|^plugins$|plugins "spool/|; s|<libxml/ ||' "$work/tree/tests/lint/layers.txt"
printf '#include "spool/two.h"\n' >>"$work/tree/plugins/one.c"
make_page
expect 'a row that names what stands below' 'layers.txt:[0-9]+: plugins may use spool, which stands below it$'

sed -i 's|<curl/$|<curl/ <libxml/|' "$work/tree/tests/lint/layers.txt"
make_page
expect 'a row that names what nobody uses' 'layers.txt:[0-9]+: spool names <libxml/, which none of its files includes$'

printf 'core/config "plugins/\n' >>"$work/tree/tests/lint/layers.txt"
expect 'a table that is old' '^ARCHITECTURE.md:1: its table of layers is old|layers.txt:[0-9]+: core/config names'

printf 'int ht_three(void)\n{\n    return 3;\n}\n' >>"$work/tree/plugins/one.c"
sed -i 's|return ht_one()|return ht_one() + ht_three()|' "$work/tree/spool/two.c"
expect 'a function without a header' '^plugins/one.c:[0-9]+: ht_three\(\) is declared neither'

file plugins/three.c <<'EOF'
/* Three. */
#include "plugins/one.h"
int ht_three(void)
{
    return ht_one();
}
EOF
sed -i 's|one.c|one.c plugins/three.c|' "$work/tree/plugins/files.mk"
printf 'int ht_three(void);\n' >>"$work/tree/plugins/one.h"
sed -i 's|return ht_one()|return ht_one() + ht_three()|' "$work/tree/spool/two.c"
expect 'a .c without a header that names it' '^plugins/three.c:[0-9]+: ht_three\(\) is declared neither'

make_circle() {
    file plugins/three.h <<'EOF'
/* Three. */
#pragma once
int ht_three(void);
EOF
    file plugins/three.c <<'EOF'
/* Three. */
#include "plugins/one.h"
int ht_three(void)
{
    return ht_one();
}
EOF
    sed -i 's|one.c|one.c plugins/three.c|' "$work/tree/plugins/files.mk"
    sed -i 's|return 1|return ht_three()|' "$work/tree/plugins/one.c"
}
make_circle
expect 'a circle' '^plugins/one.c:1: a circle of files: plugins/one.c calls ht_three'

make_circle
echo 'plugins/three.c plugins/one.c: they are one idea' >"$work/tree/tests/lint/circles.txt"
expect 'a circle with a reason' ''

echo 'plugins/three.c plugins/one.c: they are one idea' >"$work/tree/tests/lint/circles.txt"
expect 'a reason without a circle' 'circles.txt:1: there is no such circle'

printf 'int ht_three(void);\n' >>"$work/tree/plugins/one.h"
printf 'int ht_three(void)\n{\n    return 3;\n}\nstatic int four(void)\n{\n    return ht_three();\n}\n' >>"$work/tree/plugins/one.c"
expect 'a function that only its own file calls' '^plugins/one.c:[0-9]+: no other file of the product calls ht_three\(\)'

sed -i 's|return ht_one()|return 2|' "$work/tree/spool/two.c"
file tests/unit/test-one.c <<'END'
/* Calls one. */
#include "plugins/one.h"
int main(void)
{
    return ht_one();
}
END
file tests/unit/files.mk <<'END'
unit_TESTS += test-one
END
printf 'tests "plugins/\n' >>"$work/tree/tests/lint/layers.txt"
make_page
expect 'a function that only tests call' '^plugins/one.c:[0-9]+: no other file of the product calls ht_one\(\)'

echo 'ht_one: once it had no caller' >>"$work/tree/tests/lint/uncalled.txt"
expect 'an exception that is none' 'uncalled.txt:2: ht_one\(\) has a caller'

echo 'ht_none: it is gone' >>"$work/tree/tests/lint/uncalled.txt"
expect 'an exception for nothing' 'uncalled.txt:2: there is no function ht_none'

printf 'int ht_inside(void)\n{\n    return 1;\n}\n' >>"$work/tree/plugins/one.h"
expect 'code in a header' '^plugins/one.h:[0-9]+: ht_inside\(\) is code in a header'

printf 'struct HtTwo {\n    int number;\n};\n' >>"$work/tree/plugins/one.c"
expect 'a type twice' ': the type HtTwo is also in '

printf '/* See three.c. */\n' >>"$work/tree/plugins/one.c"
expect 'a file that is not there, in a comment' '^plugins/one.c:[0-9]+: there is no file three.c$'

# shellcheck disable=SC2016 # backticks of Markdown
printf 'It is in `plugins/three.c`.\n' | file plugins/README.md
expect 'a file that is not there, in a page' '^plugins/README.md:1: there is no file plugins/three.c$'

# shellcheck disable=SC2016
printf 'See `plugins/one.c:three()`.\n' >>"$work/tree/ARCHITECTURE.md"
expect 'a function that is not there' '^ARCHITECTURE.md:[0-9]+: plugins/one.c has no three'

# shellcheck disable=SC2016
printf 'Held by `/one/is-one` and `/watch/is-not`.\n' | file docs/security.md
echo 'def is_seen():' | file tests/e2e/watch.py
expect 'tests that are not there' '^docs/security.md:1: there is no test (/one/is-one|/watch/is-not)$'

make_named_tests() {
    # shellcheck disable=SC2016
    printf 'Held by `/watch/is-seen` and `/hostile-payloads/zip/a-bomb`.\n' | file docs/security.md
    echo 'def is_seen():' | file tests/e2e/watch.py
    printf 'rows("xml",\n     ("other", 1))\nrows("zip",\n     ("a-bomb", 1))\n' | file tests/data/hostile/payloads.py
}
make_named_tests
expect 'tests in Python that are there' ''

make_named_tests
# shellcheck disable=SC2016
sed -i 's|a-bomb`|other`|' "$work/tree/docs/security.md"
expect 'a row of another kind' '^docs/security.md:1: there is no test /hostile-payloads/zip/other$'

printf 'ht_danger: : nobody wants it\nht_two: spool: it is from there\n' >"$work/tree/tests/lint/dangers.txt"
printf '/* ht_danger in a comment */\nstatic int ht_danger = 1;\n' >>"$work/tree/plugins/one.c"
expect 'what nobody may use' '^plugins/one.c:[0-9]+: ht_danger: nobody wants it'

printf 'ht_one: spool/two.c: it is from there\n' >"$work/tree/tests/lint/dangers.txt"
expect 'what only one may use' '^plugins/one.[ch]:[0-9]+: ht_one: it is from there'

printf 'ht_gone: plugins/one.c: it was there\n' >"$work/tree/tests/lint/dangers.txt"
expect 'an allowance for nothing' 'dangers.txt:1: nothing of it stands in plugins/one.c$'

file plugins/four.c </dev/null
expect 'a file that is not built' '^plugins/four.c:1: not listed in files.mk'

sed -i 's|one.c|one.c plugins/four.c|' "$work/tree/plugins/files.mk"
expect 'a file that is listed and not there' '^plugins/files.mk:1: lists plugins/four.c'

{
    echo '/* Long. */'
    yes '' | head -700
} >>"$work/tree/plugins/one.c"
expect 'a long file' '^plugins/one.c:[0-9]+: longer than'

printf 'void ht(void);\t\n' >>"$work/tree/plugins/one.c"
expect 'a tab' '^plugins/one.c:[0-9]+: (tab|blank at the end of the line)$'

# The number is put together here, because lint reads this file, too.
printf '/* 11010119%s */\n' 9003077758 >>"$work/tree/plugins/one.c"
expect 'a citizen number' '^plugins/one.c:[0-9]+: a citizen number that could be'

file core/cli/retell.c <<'EOF'
/* Knows one sentence that is said, and one that is not. */
static const char *const sentences[] = {
    N_("it came %s times too often"),
    N_("it came %s times too late"),
};
EOF
file core/cli/files.mk <<'EOF'
cli_SRC := core/cli/retell.c
EOF
printf 'core/cli\n' >>"$work/tree/tests/lint/layers.txt"
make_page
printf 'static const char *const text = "it came %%u times "\n    "too often: go";\n' >>"$work/tree/plugins/one.c"
expect 'a translation of nothing' "^core/cli/retell.c:4: nothing says ' times too late' any more$"

printf '/* TO%s */\n' 'DO' >>"$work/tree/plugins/one.c"
expect 'unfinished work' '^plugins/one.c:[0-9]+: TO'

printf '#include "plugins/one.h"\nbool f(const char *code);\nvoid g(void)\n{\n    f("no-such");\n}\n' >>"$work/tree/plugins/one.c"
printf 'void g(void);\n' >>"$work/tree/plugins/one.h"
echo 'g: nobody calls it' >>"$work/tree/tests/lint/uncalled.txt"
expect 'a code that is not in the table' '^plugins/one.c:[0-9]+: the code no-such is not in'

file tests/mutate/modules.ini <<'EOF'
[spool]
files = spool/*.c
EOF
printf '<!-- made of ARCHITECTURE.md and the tests by make docs -->\n<!-- end -->\n' | file tests/README.md
cat >>"$work/tree/ARCHITECTURE.md" <<'EOF'
## Guarantees: all

| nothing is lost | `spool/two.c:ht_two()` | `/two/holds` |

## End
EOF
echo 'unit_TESTS += test-two' | file tests/unit/files.mk
file tests/unit/test-two.c <<'EOF'
/* Two. Kind: luck.
 * Shows: nobody is there. */
static const char path[] = "/two/holds";
EOF
expect 'a marker that names no guarantee, and no kind' "^tests/README.md:1: its table|test-two.c:1: (in no layer|ARCHITECTURE.md has no guarantee 'nobody is there'|there is no kind of test 'luck')"

# shellcheck disable=SC2016
make_pages() {
    printf '# A\n\n[In Chinese](a.zh-CN.md). Set `key`, see [b](b.md).\n\n| `x` | 1 |\n\n    run it    # now\n' | file docs/a.md
    printf '# 甲\n\n[英文版](a.md)。设 `key`，见 [乙](b.md)。\n\n| `x` | 1 |\n\n    run it    # 现在\n' | file docs/a.zh-CN.md
    file docs/b.md </dev/null
}

# other WHAT EDIT PATTERN: lint finds what is another in the page in Chinese.
other() {
    make_pages
    sed -i "$2" "$work/tree/docs/a.zh-CN.md"
    expect "a page in Chinese with $1" "$3"
}
make_pages
expect 'a page in two languages' ''
# shellcheck disable=SC2016
other 'a key less' 's/`key`/它/' '^docs/a.md:3: the word key is not in docs/a.zh-CN.md$'
# shellcheck disable=SC2016
other 'another key' 's/`x`/`y`/' '^docs/a(.zh-CN)?.md:5: the word [xy] is not in docs/a(.zh-CN)?.md$'
other 'another example' 's/run it/run that/' '^docs/a(.zh-CN)?.md:7: the example run (it|that) is not in '
# shellcheck disable=SC2016 # sed's last line
other 'a heading more' '$a\\n## 二' '^docs/a.zh-CN.md:1: other headings than docs/a.md'
other 'a row less' 's/^| //' '^docs/a.zh-CN.md:1: other rows of tables than docs/a.md'
other 'another link' 's/(b.md)/(c.md)/' '^docs/a(.zh-CN)?.md:3: the link to [bc].md is not in '
other 'no way back' 's/(a.md)/()/' '^docs/a.zh-CN.md:1: has no link to a.md$'
make_pages
rm "$work/tree/docs/a.md"
expect 'a page in Chinese alone' '^docs/a.zh-CN.md:1: there is no docs/a.md$'

make_manual() {
    printf '.SH VERBS\n.TP\n.B run\nRuns, with\n.BR \\-\\-all .\n.SH "SEE ALSO"\n.BR hutong.conf (5)\n' | file docs/man/a.1
    printf '.SH 命令\n.TP\n.B run\n运行，可用 \\-\\-all。\n.SH 参见\n.BR hutong.conf (5)\n' | file docs/man/zh_CN/a.1
}
make_manual
expect 'a manual in two languages' ''
make_manual
sed -i 's/.B run/.B ran/' "$work/tree/docs/man/zh_CN/a.1"
expect 'a manual in Chinese with another verb' '^docs/man/(zh_CN/)?a.1:3: the example .B r[au]n is not in docs/man/(zh_CN/)?a.1$'
make_manual
sed -i 's/，可用.*/。/' "$work/tree/docs/man/zh_CN/a.1"
expect 'a manual in Chinese with an option less' '^docs/man/a.1:5: the word .*all is not in docs/man/zh_CN/a.1$'

exit $failed
