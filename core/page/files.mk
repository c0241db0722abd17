page_SRC := core/page/page.c
