# Adapters for tests of the supervisor and the loader: tests/adapters/NAME.so, never installed.
test_ADAPTERS := obedient forger mapped polite elder leaky fragile crash-at-load hang-at-load crash-in-open refuse-open no-symbol \
	short-symbol wrong-major wrong-minor wrong-size wrong-name no-decode moody careless mended \
	hang-in-close crash-in-close secretive sloppy prying jumping-clock failing-calls
failing-calls_SRC := tests/adapters/failing-calls.c
jumping-clock_SRC := tests/adapters/jumping-clock.c
prying_SRC := tests/adapters/prying.c
obedient_SRC := tests/adapters/obedient.c
forger_SRC := tests/adapters/forger.c
mapped_SRC := tests/adapters/mapped.c
polite_SRC := tests/adapters/polite.c
elder_SRC := tests/adapters/elder.c
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
moody_SRC := tests/adapters/moody.c
careless_SRC := tests/adapters/careless.c
mended_SRC := tests/adapters/mended.c
hang-in-close_SRC := tests/adapters/hang-in-close.c
crash-in-close_SRC := tests/adapters/crash-in-close.c
secretive_SRC := tests/adapters/secretive.c
sloppy_SRC := tests/adapters/sloppy.c
