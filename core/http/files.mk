# In one archive with what refuses.
refusal_SRC += core/http/head.c core/http/target.c
