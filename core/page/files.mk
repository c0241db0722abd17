page_SRC := core/page/page.c core/page/lookup.c
