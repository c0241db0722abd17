e2e_TESTS += e2e-cli
e2e-cli_LIBS := admin base
e2e_TESTS += e2e-bus
e2e-bus_LIBS := admin base
e2e_TESTS += e2e-kill
e2e-kill_LIBS := admin base
e2e_TESTS += e2e-hostile
e2e-hostile_LIBS := admin base
