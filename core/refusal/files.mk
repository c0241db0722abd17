refusal_SRC := core/refusal/table.c core/refusal/refusal.c core/refusal/chinese.c core/refusal/error.c core/refusal/reference.c
