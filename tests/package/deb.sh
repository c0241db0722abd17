#!/bin/bash
# deb.sh FOLDER: see README.md. There is no systemd in the root: the bus is started as the unit says.
# shellcheck disable=SC2317 # its functions are called by claim
set -uo pipefail
debs=$(realpath "${1:?deb.sh FOLDER}")
[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
command -v debootstrap >/dev/null || { echo "1..0 # SKIP debootstrap is not installed (./configure --install-deps=deb)"; exit 0; }
work=$(mktemp -d) || exit 1
root=${HUTONG_ROOT:-$work/root}
number=0 failed=0 bus=

finish() {
    [ -z "$bus" ] || kill "$bus" 2>/dev/null
    umount "$root/proc" 2>/dev/null
    rm -rf --one-file-system "$work"
}
trap finish EXIT

claim() {
    local name=$1 said
    shift
    number=$((number + 1))
    if "$@" >"$work/said" 2>&1; then
        echo "ok $number /package/$name"
    else
        failed=$((failed + 1))
        said=$(tail -n 30 "$work/said")
        echo "not ok $number /package/$name"
        printf '%s\n' "$said" | sed 's/^/# /'
    fi
}

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

make_root() {
    [ -d "$root/usr" ] || debootstrap --variant=minbase bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" || return
    mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" || return
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    inside apt-get update -q
}

# The same packages under an older number: what an upgrade does to data and configuration does not depend on what was in them.
make_older() {
    mkdir "$work/old"
    dpkg-deb -R "$debs"/hutong_*.deb "$work/old/tree" && sed -i 's/^Version: .*/Version: 0.0.1-1/' "$work/old/tree/DEBIAN/control" &&
        dpkg-deb --root-owner-group -b "$work/old/tree" "$root/root/hutong-old.deb" && cp "$debs"/*.deb "$root/root/"
}

lintian_finds_no_error() { lintian --allow-root --fail-on error "$debs"/*.deb; }

install_older() { inside apt-get install -q -y --no-install-recommends /root/hutong-old.deb; }

state_is_private() {
    [ "$(inside stat -c '%U %a' /var/lib/hutong)" = 'hutong 700' ] && [ "$(inside stat -c '%U %a' /etc/hutong/secrets)" = 'root 700' ] &&
        inside test -s /etc/hutong/hutong.conf && inside test -s /lib/systemd/system/hutong.service
}

check_passes() { inside install -d -o hutong -m 755 /run/hutong && inside hutong check; }

# As the unit does: its user, its folders, its command.
start() {
    inside install -d -o hutong -m 755 /run/hutong
    chroot --userspec=hutong:hutong "$root" /usr/bin/hutong run -c /etc/hutong/hutong.conf 2>"$work/bus.log" &
    bus=$!
    for _ in $(seq 300); do
        inside hutong status >/dev/null 2>&1 && return
        kill -0 "$bus" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/bus.log"
    return 1
}

stop() {
    kill "$bus" && wait "$bus"
    local status=$?
    bus=
    [ "$status" -eq 0 ]
}

configure_source() {
    printf '[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n' >"$root/etc/hutong/conf.d/police.conf"
    sed -i 's/^#listen = .*/listen = 127.0.0.1:18473/' "$root/etc/hutong/hutong.conf"
    inside hutong check
}

# bash's own sockets: nothing is installed in the root for the test.
send() {
    local body=$root/usr/lib/hutong/adapters/hukou/fixtures/hukou-birth-gbk.xml answer
    for _ in $(seq 100); do
        exec 9<>/dev/tcp/127.0.0.1/18473
        printf 'POST /in/hukou HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' "$(stat -c %s "$body")" >&9
        cat "$body" >&9
        answer=$(tr -d '\0' <&9)
        exec 9>&-
        case $answer in 'HTTP/1.1 200'*) return ;; esac
        sleep 0.2 # the adapter is being checked
    done
    printf '%s\n' "${answer%%$'\r'*}"
    return 1
}

events() { inside hutong status --json | tr ',' '\n' | sed -n 's/.*"lastSequence":\([0-9]*\).*/\1/p'; }

one_event_is_there() { [ "$(events)" = 1 ]; }

upgrade() {
    sha256sum "$root/etc/hutong/hutong.conf" "$root/var/lib/hutong/site.key" "$root/var/lib/hutong/sign.pub" >"$work/before"
    inside sh -c 'apt-get install -q -y --no-install-recommends /root/hutong_*.deb /root/hutong-dev_*.deb /root/hutong-doc_*.deb' &&
        sha256sum --quiet -c "$work/before" && inside hutong check
}

# What was sent before the upgrade is known after it.
resent_is_known() { send && one_event_is_there; }

headers_serve() { inside test -s /usr/include/hutong/hutong-plugin.h && inside test -s /usr/share/pkgconfig/hutong.pc; }

remove_keeps_data() {
    inside apt-get remove -q -y hutong hutong-dev hutong-doc && ! inside test -e /usr/bin/hutong && inside test -s /var/lib/hutong/spool.db &&
        inside test -s /etc/hutong/hutong.conf
}

purge_leaves_nothing() {
    inside dpkg --purge hutong hutong-dev hutong-doc || return
    local left
    left=$(find "$root" -xdev -name '*hutong*' ! -path '*/root/*.deb' ! -path "$root/var/lib/systemd/*" ! -path "$root/var/log/*")
    [ -z "$left" ] || { echo "$left"; return 1; }
}

claim a-clean-root-is-made make_root
[ "$failed" -eq 0 ] || { echo "1..$number"; exit 1; }
if command -v lintian >/dev/null; then claim lintian-finds-no-error lintian_finds_no_error; fi
claim an-older-version-is-made make_older
claim it-installs install_older
claim state-and-secrets-are-private state_is_private
claim the-configuration-is-taken-as-installed check_passes
claim it-starts start
claim it-stops stop
claim a-source-is-added configure_source
claim it-starts-with-it start
claim a-message-is-taken send
claim its-event-is-there one_event_is_there
claim it-stops-again stop
claim an-upgrade-keeps-configuration-and-keys upgrade
claim the-newer-one-starts start
claim what-was-sent-before-is-known resent_is_known
claim the-newer-one-stops stop
claim headers-are-there headers_serve
claim remove-keeps-data remove_keeps_data
claim purge-leaves-nothing purge_leaves_nothing
echo "1..$number"
exit "$((failed > 0))"
