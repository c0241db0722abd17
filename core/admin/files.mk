admin_SRC := core/admin/admin.c core/admin/ask.c core/admin/reply.c core/admin/roles.c
