#!/bin/sh
# Runs the demo program; `--stay` leaves the bus running until Ctrl-C.
set -eu
exec "$HUTONG_DEMO" "$@"
