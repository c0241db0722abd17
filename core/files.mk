cli_SRC += core/bus.c core/monitor.c core/alarm-book.c core/alarms.c core/notify.c core/receipts.c core/redo.c core/retention.c core/repair.c core/status.c core/verbs.c
cli_SRC += core/pauses.c core/deliveries.c core/outlet.c core/replays.c
cli_SRC += core/access.c core/records.c
cli_SRC += core/shred.c
cli_SRC += core/reload.c core/who.c core/tryout.c core/left.c core/cli/reload.c
