paper_SRC := core/paper/main.c
