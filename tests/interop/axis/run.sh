#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: Axis 1.4; see ../README.md. Stubs and classes go below the current directory.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
jars=/usr/share/java
classpath=$jars/axis.jar:$jars/axis-jaxrpc.jar:$jars/axis-saaj.jar:$jars/wsdl4j.jar:$jars/commons-logging.jar
classpath=$classpath:$jars/commons-discovery.jar:$jars/javax.activation.jar:$jars/javax.mail.jar

# -W: the parameters stay together; without it a service with Submit among others does not compile.
generate() {
    # shellcheck disable=SC2016 # for the inner shell
    cut -f 2 plan | sort -u | xargs -P 2 -I SOURCE sh -c 'java -cp "$1" org.apache.axis.wsdl.WSDL2Java -W -p "$(echo SOURCE | tr -d -)" \
        -o src "$2/in/SOURCE?wsdl"' - "$classpath" "$1"
    find src -name '*.java' >files
    javac -proc:none -nowarn -Xlint:none -encoding UTF-8 -cp "$classpath" -d classes @files "$here"/../java/*.java "$here/AxisDriver.java" 2>&1 |
        grep -v '^Note:' || true
}

case $1 in
probe) command -v javac >/dev/null && [ -f $jars/axis.jar ] ;;
run)
    generate "$2"
    exec java -cp "classes:$classpath" AxisDriver classes plan
    ;;
example)
    javac -encoding UTF-8 -cp "classes:$classpath" -d classes "$here/example.java"
    exec java -cp "classes:$classpath" Example "$2/in/hukou"
    ;;
esac
