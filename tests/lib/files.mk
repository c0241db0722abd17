testlib_SRC := tests/lib/busproc.c tests/lib/platform.c tests/lib/post.c tests/lib/data.c
testlib_SRC += tests/lib/trial.c
