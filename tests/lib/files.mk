testlib_SRC := tests/lib/busproc.c tests/lib/platform.c tests/lib/post.c tests/lib/tree.c tests/lib/deaths.c tests/lib/data.c \
	tests/lib/casefile.c tests/lib/casecheck.c
testlib_SRC += tests/lib/eventcheck.c tests/lib/reload-harness.c
testlib_SRC += tests/lib/places.c tests/lib/trial.c tests/lib/adapter-test.c tests/lib/mapping-test.c tests/lib/reader-test.c tests/lib/container-test.c tests/lib/zip-builder.c tests/lib/spool-test.c \
	tests/lib/crash-work.c tests/lib/crash-vfs.c tests/lib/envelopes.c tests/lib/bad-platform.c tests/lib/signing.c
# In a build with --sanitize=thread only: see Makefile.in.
tsan_SRC := tests/lib/tsan-glib.c tests/lib/tsan-control.c
# The table of ugly reality, tested with made-up logs.
e2e_TESTS += tests/lib/test-ugly-reality.sh
test_MODULES += door-harness consumer-harness pull-harness window-harness delivery-harness
door-harness_SRC := tests/lib/door-harness.c
consumer-harness_SRC := tests/lib/consumer-harness.c
pull-harness_SRC := tests/lib/pull-harness.c
window-harness_SRC := tests/lib/window-harness.c
delivery-harness_SRC := tests/lib/delivery-harness.c
