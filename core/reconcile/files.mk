reconcile_SRC := core/reconcile/sum.c core/reconcile/delivered.c core/reconcile/manifest.c core/reconcile/books.c
