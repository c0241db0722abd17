#!/bin/bash
# make install puts everything in its place, what is there works, and make uninstall removes it. Prints TAP.
# shellcheck disable=SC2317,SC2016 # its functions are called by claim; backquotes are Markdown
set -uo pipefail
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
root=$work/root
prefix=$root$(sed -n 's/^prefix = //p' "$HUTONG_BUILDDIR/Makefile")
number=0 failed=0

# claim NAME COMMAND...: the command succeeds. Its output is told when it does not.
claim() {
    local name=$1 said
    shift
    number=$((number + 1))
    if said=$("$@" 2>&1); then
        echo "ok $number /install/$name"
    else
        failed=$((failed + 1))
        echo "not ok $number /install/$name"
        printf '%s\n' "$said" | tail -n 30 | sed 's/^/# /'
    fi
}

# skip NAME TOOL PACKAGE
skip() {
    number=$((number + 1))
    echo "ok $number /install/$1 # SKIP $2 is not installed (apt-get install $3)"
}

made() { (unset MAKEFLAGS MFLAGS MAKELEVEL; make -C "$HUTONG_BUILDDIR" "$@" DESTDIR="$root"); }

install_all() {
    made install || return
    local file
    for file in bin/hutong libexec/hutong/hutong-host libexec/hutong/hutong-host-signed lib/systemd/system/hutong.service lib/sysusers.d/hutong.conf \
        lib/tmpfiles.d/hutong.conf share/bash-completion/completions/hutong share/hutong/hutong.conf.sample \
        share/hutong/examples/city.conf share/hutong/monitoring/hutong-alerts.yml share/man/man1/hutong.1 \
        share/man/man5/hutong.conf.5 share/doc/hutong/admin.md; do
        [ -s "$prefix/$file" ] || { echo "$file is missing"; return 1; }
    done
    ! grep -rn '[@%][a-z]*dir[@%]' "$prefix/lib/systemd" "$prefix/lib/tmpfiles.d" "$prefix/lib/sysusers.d"
}

# What was installed must find what was installed with it.
hutong() { env -u HUTONG_LIBEXECDIR -u HUTONG_ADAPTERDIR -u HUTONG_DATADIR "$prefix/bin/hutong" "$@"; }

sample_is_taken() {
    mkdir -p "$work/sample"
    sed "s|^state = .*|state = $work/sample/state|; s|^admin = .*|admin = $work/sample/admin.sock|; s|^user = .*|#&|" \
        "$prefix/share/hutong/hutong.conf.sample" >"$work/sample/hutong.conf"
    hutong check -c "$work/sample/hutong.conf"
}

# Every default that the sample names is one that is taken.
sample_defaults_are_taken() {
    awk '/^#?\[/ { keep = /^\[bus\]/ || /^#\[spool\]/; sub(/^#/, "") } /^#[a-z0-9-]+ = ./ { sub(/^#/, "") } keep && !/^#/' \
        "$work/sample/hutong.conf" | sed 's/^user = .*//; s/^adapter-check = .*/adapter-check = off/' >"$work/sample/all.conf"
    [ "$(grep -c ' = ' "$work/sample/all.conf")" -gt 35 ] || { echo "too few keys"; return 1; }
    hutong config -c "$work/sample/all.conf"
}

sample_has_every_key() {
    local key
    hutong config --reference | sed -n 's/^| `\([a-z0-9-]*\)` .*/\1/p' | sort -u >"$work/keys"
    [ "$(wc -l <"$work/keys")" -gt 100 ] || return 1
    while read -r key; do
        grep -q "^#\?$key =" "$prefix/share/hutong/hutong.conf.sample" || { echo "the sample lacks $key"; return 1; }
        grep -q "^\.B ${key//-/\\\\-}\$" "$prefix/share/man/man5/hutong.conf.5" || { echo "the manual lacks $key"; return 1; }
    done <"$work/keys"
}

adapters_are_found() { hutong adapter list | grep -q '^hukou'; }

# complete WORD...: what bash offers for the last one.
complete() {
    PATH=$prefix/bin:$PATH bash -c '
        . "$1"
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _hutong
        printf "%s\n" "${COMPREPLY[@]}"' - "$prefix/share/bash-completion/completions/hutong" "$@"
}

# offers EXPECTED WORD...: it is among what bash offers, and nothing that does not begin with the last word.
offers() {
    local expected=$1 offered
    shift
    offered=$(complete "$@") || return 1
    printf '%s\n' "$offered" | grep -qx -e "$expected" || { echo "hutong ${*:2}: $expected is not among: $offered"; return 1; }
    ! printf '%s\n' "$offered" | grep -v -e "^${!#}"
}

completion_knows() {
    printf '[bus]\nname = x\n[source north]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n[consumer south]\ntype = pull\n' >"$work/names.conf"
    offers status hutong sta && offers check hutong '' && offers show hutong message s && offers --source hutong message --s &&
        offers --reason hutong dead drop --rea && offers --json hutong status '' &&
        offers north hutong message list -c "$work/names.conf" --source n &&
        offers south hutong consumer show -c "$work/names.conf" s &&
        offers "$work/names.conf" hutong check -c "$work/names"
}

pages_are_clean() {
    local page said # groff goes on for ever over a long line of Chinese that it cannot break
    for page in man1/hutong.1 man5/hutong.conf.5 zh_CN/man1/hutong.1 zh_CN/man5/hutong.conf.5; do
        [ -s "$prefix/share/man/$page" ] || return 1
        said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' timeout 60 man --warnings -E UTF-8 -l -Tutf8 "$prefix/share/man/$page" 2>&1 >/dev/null) || return 1
        [ -z "$said" ] || { echo "$page: $said"; return 1; }
    done
}

# 2.2 is what the namespaces of adapters' boxes, the network and peers' user ids leave.
unit_is_hardened() {
    systemd-analyze security --offline=true --threshold=22 "$prefix/lib/systemd/system/hutong.service"
}

# The drop-in of docs/security.md does what is said of it there.
unit_without_namespaces_is_below() {
    local folder=$work/score
    mkdir -p "$folder" || return
    { cat "$prefix/lib/systemd/system/hutong.service" && sed -n '/^## The unit/,/^## Rules/s/^    //p' "$HUTONG_SRCDIR/docs/security.md"; } >"$folder/hutong.service"
    grep -q '^RestrictNamespaces=yes' "$folder/hutong.service" && systemd-analyze security --offline=true --threshold=15 "$folder/hutong.service"
}

unit_is_well_formed() {
    local said
    sed "s|^Exec\([A-Za-z]*\)=[^ ]*|Exec\1=$prefix/bin/hutong|" "$prefix/lib/systemd/system/hutong.service" >"$work/hutong.service"
    said=$(systemd-analyze verify --man=no "$work/hutong.service" 2>&1 | grep hutong.service)
    [ -z "$said" ] || { echo "$said"; return 1; }
}

uninstall_all() {
    made uninstall || return
    local left
    left=$(find "$root" ! -type d)
    [ -z "$left" ] || { echo "$left"; return 1; }
    left=$(find "$root" -name hutong)
    [ -z "$left" ] || { echo "$left"; return 1; }
}

claim everything-is-in-its-place install_all
claim adapters-are-found adapters_are_found
claim the-sample-is-taken-as-it-is sample_is_taken
claim its-defaults-are-taken sample_defaults_are_taken
claim sample-and-manual-have-every-key sample_has_every_key
claim completion-knows-verbs-options-and-names completion_knows
if command -v man >/dev/null && command -v groff >/dev/null; then claim manual-pages-are-clean pages_are_clean; else skip manual-pages-are-clean man man-db; fi
if command -v systemd-analyze >/dev/null; then
    claim the-unit-is-hardened unit_is_hardened
    claim the-unit-without-namespaces-is-below-1.5 unit_without_namespaces_is_below
    claim the-unit-is-well-formed unit_is_well_formed
else
    skip the-unit-is-hardened systemd-analyze systemd
    skip the-unit-is-well-formed systemd-analyze systemd
fi
claim uninstall-leaves-nothing uninstall_all
echo "1..$number"
exit "$failed"
