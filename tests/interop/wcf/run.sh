#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: .NET's WCF, with Mono's; see ../README.md. Its contract is written by hand, because what
# Mono's svcutil makes of it does not compile; so it judges by itself what the example says in both versions of SOAP.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# say NAME COMMAND...: a check, that the command succeeds.
say() {
    name=$1
    shift
    if "$@"; then echo "ok $name"; else echo "not ok $name"; fi
}

case $1 in
probe) command -v mcs >/dev/null && command -v mono >/dev/null && [ -f /usr/lib/mono/4.5/System.ServiceModel.dll ] ;;
run)
    mcs -out:example.exe -r:System.ServiceModel -r:System.Runtime.Serialization -r:System.Xml "$here/example.cs"
    for version in 1.1 1.2; do
        mono example.exe "$2/in/hukou" $version >said || cat said
        say "wcf/hukou/soap-$version/submit" grep -qxE '[0-9a-f-]{36}' said
        say "wcf/hukou/soap-$version/bad-record-is-a-fault" grep -qxE 'required-missing [0-9a-f-]{36}' said
    done
    ;;
example) exec mono example.exe "$2/in/hukou" 1.2 ;;
esac
