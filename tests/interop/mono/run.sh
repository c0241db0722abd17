#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: .NET's asmx proxies as Mono makes them; see ../README.md. Proxies and programs go
# into the current directory.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
references='-r:System.Web.Services -r:System.Xml -r:System.Data'

generate() {
    # shellcheck disable=SC2016 # for the inner shell
    cut -f 2 plan | sort -u | xargs -P 2 -I SOURCE sh -c 'wsdl -nologo -n:"$(echo SOURCE | tr -d -)" -out:SOURCE.cs "$1/in/SOURCE?wsdl"' - "$1" |
        grep -v '^Writing file' || true
}

# shellcheck disable=SC2086 # $references is several words
case $1 in
probe) command -v mcs >/dev/null && command -v wsdl >/dev/null && command -v mono >/dev/null ;;
run)
    generate "$2"
    mcs -nowarn:0169,0649 -out:driver.exe $references ./*.cs "$here/Driver.cs"
    exec mono driver.exe plan
    ;;
example)
    mcs -out:example.exe $references hukou.cs "$here/example.cs"
    exec mono example.exe "$2/in/hukou"
    ;;
esac
