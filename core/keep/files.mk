keep_SRC := core/keep/lines.c core/keep/archive.c core/keep/sealed.c core/keep/sweep.c core/keep/eventless.c core/keep/export.c
