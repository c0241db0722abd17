testlib_SRC := tests/lib/busproc.c tests/lib/platform.c tests/lib/post.c tests/lib/data.c \
	tests/lib/casefile.c tests/lib/casecheck.c
testlib_SRC += tests/lib/trial.c tests/lib/envelopes.c
# The table of ugly reality, tested with made-up logs.
e2e_TESTS += tests/lib/test-ugly-reality.sh
