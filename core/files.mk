cli_SRC += core/bus.c core/host-of-source.c core/notify.c core/repair.c core/status.c
