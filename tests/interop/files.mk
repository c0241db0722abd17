interop_TESTS += interop
interop_LIBS := admin base
