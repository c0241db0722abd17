#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: PHP's SoapClient; see ../README.md.
set -eu
here=$(dirname "$0")
case $1 in
probe) exec php -r 'exit(class_exists("SoapClient") ? 0 : 1);' ;;
run) exec php "$here/client.php" "$2" "$here/../cases.json" ;;
example) exec php "$here/example.php" "$2/in/hukou?wsdl" ;;
esac
