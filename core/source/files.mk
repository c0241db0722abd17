source_SRC := core/source/source.c core/source/sources.c core/source/host.c core/source/status.c core/source/share.c
