# Adapters for tests of the supervisor and the loader: tests/adapters/NAME.so, never installed.
test_ADAPTERS := obedient forger mapped leaky fragile crash-at-load hang-at-load crash-in-open refuse-open no-symbol \
	short-symbol wrong-major wrong-minor wrong-size wrong-name no-decode
obedient_SRC := tests/adapters/obedient.c
forger_SRC := tests/adapters/forger.c
mapped_SRC := tests/adapters/mapped.c
leaky_SRC := tests/adapters/leaky.c
fragile_SRC := tests/adapters/fragile.c
crash-at-load_SRC := tests/adapters/crash-at-load.c
hang-at-load_SRC := tests/adapters/hang-at-load.c
crash-in-open_SRC := tests/adapters/crash-in-open.c
refuse-open_SRC := tests/adapters/refuse-open.c
no-symbol_SRC := tests/adapters/no-symbol.c
short-symbol_SRC := tests/adapters/short-symbol.c
wrong-major_SRC := tests/adapters/wrong-major.c
wrong-minor_SRC := tests/adapters/wrong-minor.c
wrong-size_SRC := tests/adapters/wrong-size.c
wrong-name_SRC := tests/adapters/wrong-name.c
no-decode_SRC := tests/adapters/no-decode.c
