#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: python3-zeep; see ../README.md.
set -eu
here=$(dirname "$0")
python=/usr/bin/python3
case $1 in
probe) exec $python -c 'import zeep' ;;
run) exec $python "$here/client.py" "$2" "$here/../cases.json" ;;
example) exec $python "$here/example.py" "$2/in/hukou?wsdl" ;;
esac
