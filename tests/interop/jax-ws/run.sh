#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: JAX-WS (Metro); see ../README.md. Classes go below the current directory.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
classpath=$(printf '%s:' /usr/share/jaxws/lib/*.jar)
opens='--add-opens java.base/java.lang=ALL-UNNAMED'

# -extension: also the ports of SOAP 1.2.
generate() {
    mkdir -p src classes
    # shellcheck disable=SC2016 # for the inner shell
    cut -f 2 plan | sort -u | xargs -P 2 -I SOURCE sh -c 'wsimport -quiet -Xnocompile -extension -p "$(echo SOURCE | tr -d -)" \
        -s src -d classes "$1/in/SOURCE?wsdl"' - "$1"
    find src -name '*.java' >files
    javac -proc:none -nowarn -Xlint:none -encoding UTF-8 -cp "$classpath" -d classes @files "$here"/../java/*.java "$here/JaxwsDriver.java" 2>&1 |
        grep -v '^Note:' || true
}

# shellcheck disable=SC2086 # $opens is two words
case $1 in
probe) command -v wsimport >/dev/null && command -v javac >/dev/null && [ -f /usr/share/jaxws/lib/jaxws-rt.jar ] ;;
run)
    generate "$2"
    exec java $opens -cp "classes:$classpath" JaxwsDriver classes plan
    ;;
example)
    javac -encoding UTF-8 -cp "classes:$classpath" -d classes "$here/example.java"
    exec java $opens -cp "classes:$classpath" Example "$2/in/hukou?wsdl"
    ;;
esac
