bench_PROGRAMS += bench-spool
bench-spool_LIBS := spool base
bench_PROGRAMS += bench-mapping
bench-mapping_LIBS := engine base
bench_PROGRAMS += bench-adapters
bench-adapters_LIBS := kit http refusal supervisor host box frame engine base
testlib_SRC += tests/bench/bare.c
# bench-bus, the empty servers that it compares the bus with, and its parts, which come from lib/tests.a.
testlib_SRC += tests/bench/load.c tests/bench/sink.c tests/bench/message.c tests/bench/proctree.c \
	tests/bench/disk.c tests/bench/goal.c tests/bench/bare-curl.c
bench_PROGRAMS += bench-bus bench-empty-soup bench-empty-mhd
bench-bus_LIBS := admin base
bench_PROGRAMS += bench-goodput bench-backlog
bench-backlog_LIBS := admin base
bench-goodput_LIBS := admin base
