#!/bin/sh
# run.sh probe | run ADDRESS | example ADDRESS: Perl's SOAP::Lite; see ../README.md.
set -eu
here=$(dirname "$0")
case $1 in
probe) exec perl -MSOAP::Lite -e 1 ;;
run) exec perl "$here/driver.pl" "$2" plan ;;
example) exec perl "$here/example.pl" "$2/in/hukou?wsdl=Submit" ;;
esac
