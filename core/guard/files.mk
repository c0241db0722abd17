guard_SRC := core/guard/guard.c core/guard/token.c core/guard/usernames.c
