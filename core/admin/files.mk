admin_SRC := core/admin/admin.c
