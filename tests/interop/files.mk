interop_TESTS += interop
interop_LIBS := admin base
# The parts of interop, which come from lib/tests.a.
testlib_SRC += tests/interop/client.c tests/interop/plan.c tests/interop/table.c
