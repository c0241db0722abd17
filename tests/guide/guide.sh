#!/bin/bash
# Runs exactly the commands of docs/guide/connect.md on a freshly installed prefix, block by block, and looks at what comes of each kind of
# payload. The Chinese guide has the same commands. Prints TAP; what the commands print goes nowhere.
# shellcheck disable=SC2317 # its functions are called by claim
set -uo pipefail
work=$(mktemp -d) || exit 1
bus=
end() {
    [ -z "$bus" ] || kill "$bus" 2>/dev/null
    rm -rf "$work"
}
trap end EXIT
root=$work/root
prefix=$root$(sed -n 's/^prefix = //p' "$HUTONG_BUILDDIR/Makefile")
guide=$HUTONG_SRCDIR/docs/guide
number=0 failed=0

# claim NAME COMMAND...: the command succeeds.
claim() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/said" 2>&1; then
        echo "ok $number /guide/$name"
    else
        failed=$((failed + 1))
        echo "not ok $number /guide/$name"
        grep -v '[0-9]\{15\}\|测试' "$work/said" | tail -n 30 | sed 's/^/# /'
    fi
}

install_all() { (unset MAKEFLAGS MFLAGS MAKELEVEL; make -C "$HUTONG_BUILDDIR" install DESTDIR="$root"); }

# The commands of a guide, each block as one part of a script that ends with the first that fails.
commands() { awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$1"; }

same_commands() { diff <(commands "$guide/connect.md") <(commands "$guide/connect.zh-CN.md"); }

# As somebody who has followed it: what was installed finds what was installed with it.
run_guide() {
    mkdir -p "$work/home" || return
    { echo 'set -e -m'; commands "$guide/connect.md"; } >"$work/commands"
    (cd "$work/home" && env -u HUTONG_LIBEXECDIR -u HUTONG_ADAPTERDIR -u HUTONG_DATADIR PATH="$prefix/bin:$PATH" \
        timeout 300 bash "$work/commands") >"$work/output" 2>&1
    local status=$?
    [ "$status" -eq 0 ] || cat "$work/output" "$work/home/afternoon/bus.log"
    return "$status"
}

# holds FILE TEXT...: of the folder that the guide has filled
holds() {
    local file=$work/home/afternoon/$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$file" || { echo "$file lacks $text"; return 1; }
    done
}

# printed TEXT TIMES: the commands have printed it so often at least
printed() { [ "$(grep -cF -- "$1" "$work/output")" -ge "$2" ] || { echo "printed too seldom: $1"; return 1; }; }

claim installs install_all
claim both-languages-have-the-same-commands same_commands
claim every-command-succeeds run_guide
claim soap-with-an-xml-string holds register.xml '<operation name="putRows"/>' 'for-each="/ROWS/ROW"' 'translate="sex.words"'
claim attribute-rows-in-gbk holds attributes.xml 'for-each="/ROWS/ROW"' '<element to="person.name" from="@XM"/>'
claim element-rows-with-a-label-row holds table.xml '<skip for-each="/TABLE/R"' '<element to="person.name" from="C1"/>'
claim nested-records holds houses.xml 'for-each="/Batch/House/Persons/Person"' '<element to="person.name" from="Base/XM"/>' 'for-each="/Batch/House"'
claim nested-records-have-what-is-around holds houses/nested.expected.json '"household.created.v1"' '"number" : "990001"' '"number" : "990002"'
claim nested-records-pass-the-kit printed 'what the payload says comes to the mapping' 1
claim flat-fragment holds single.xml '<repair use="root"/>' 'for-each="/fragment"'
claim fixtures-pass printed 'ok 1 - register/soap-string.xml' 2
claim the-event-is-delivered printed '"type":"person.moved-in.v1"' 1
claim a-receipt-is-given printed 'messageId' 1
echo "1..$number"
exit $((failed > 0))
