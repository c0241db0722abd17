#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: gSOAP; see ../README.md. For each source and version of SOAP a folder and a
# program of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
imports=/usr/share/gsoap/import

# make_client SOURCE VERSION ADDRESS: its header, functions and program. -1 or -2 is the version of SOAP.
make_client() {
    mkdir -p "$1-$2" && cd "$1-$2"
    wsdl2h -c -o service.h "$3/in/$1?wsdl" >log 2>&1 || cat log
    soapcpp2 "-${2#1.}" -c -C -L -x "-I$imports" service.h >log 2>&1 || cat log
    perl "$here/driver.pl" "$1" "$2" service.h ../plan >driver.c
    cc -w -D_GNU_SOURCE -o driver driver.c soapC.c soapClient.c -lgsoap
}

case $1 in
probe) command -v wsdl2h >/dev/null && command -v soapcpp2 >/dev/null && [ -d $imports ] && [ -f /usr/include/stdsoap2.h ] ;;
make) make_client "$2" "$3" "$4" ;;
run)
    cut -f 2,4 plan | sort -u >programs
    # shellcheck disable=SC2016 # for the inner shell
    xargs -P 2 -L 1 sh -c 'sh "$0" make "$2" "$3" "$1"' "$here/run.sh" "$2" <programs
    while read -r source version; do
        "$source-$version/driver" plan
    done <programs
    ;;
example)
    cd hukou-1.1
    cc -w -I. -o example "$here/example.c" soapC.c soapClient.c -lgsoap
    exec ./example "$2/in/hukou"
    ;;
esac
