http_SRC := core/http/head.c core/http/target.c
