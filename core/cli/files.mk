# The languages of core/cli/po/ besides English.
cli_LANGUAGES := zh_CN
cli_SRC += core/cli/schema-json.c core/cli/schema-catalogue.c core/cli/schema-reference.c
cli_SRC += core/cli/adapter.c core/cli/check.c core/cli/cli.c core/cli/schema.c \
	core/cli/spool.c core/cli/status.c core/cli/subject.c core/cli/subject-ask.c core/cli/subject-show.c
cli_SRC += core/cli/adapter-check.c core/cli/adapter-find.c core/cli/adapter-new.c core/cli/options.c
cli_SRC += core/cli/language.c core/cli/columns.c core/cli/states.c core/cli/retell.c
cli_SRC += core/cli/receipt.c
cli_SRC += core/cli/reconcile.c
cli_SRC += core/cli/progress.c core/cli/spool-copy.c core/cli/spool-repair.c core/cli/spool-status.c core/cli/spool-keep.c
cli_SRC += core/cli/message.c
cli_SRC += core/cli/policy.c
cli_SRC += core/cli/audit.c core/cli/number.c core/cli/trail.c
cli_SRC += core/cli/ask.c core/cli/consumer.c core/cli/pause.c core/cli/check-peers.c core/cli/dead.c core/cli/replay.c
cli_SRC += core/cli/token.c core/cli/manual.c core/cli/roff.c core/cli/sample.c core/cli/age.c core/cli/tap.c core/cli/top.c core/cli/top-run.c
cli_SRC += core/cli/map.c core/cli/map-show.c core/cli/map-host.c core/cli/map-known.c core/cli/test.c core/cli/test-sets.c core/cli/watch.c
cli_SRC += core/cli/spool-keys.c
cli_SRC += core/cli/mapping.c core/cli/catalogue.c core/cli/wsdl.c core/cli/draft.c core/cli/guess.c core/cli/pinyin.c
