#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: python3-suds; see ../README.md.
set -eu
here=$(dirname "$0")
python=/usr/bin/python3
case $1 in
probe) exec $python -c 'import suds.client' ;;
run) exec $python "$here/driver.py" "$2" plan ;;
example) exec $python "$here/example.py" "$2/in/hukou?wsdl" ;;
esac
