guard_SRC := core/guard/guard.c
