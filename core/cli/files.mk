cli_SRC := core/bus.c core/host-of-source.c core/notify.c core/status.c core/cli/adapter.c core/cli/check.c core/cli/cli.c core/cli/schema.c \
	core/cli/spool.c core/cli/status.c
