#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: npm's soap, which `make interop-npm` puts into the build directory; see
# ../README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
NODE_PATH=$HUTONG_BUILDDIR/npm/node_modules
export NODE_PATH
case $1 in
probe) exec node -e 'require("soap")' ;;
run) exec node "$here/driver.js" "$2" plan ;;
example) exec node "$here/example.js" "$2/in/hukou?wsdl" ;;
esac
