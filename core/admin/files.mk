admin_SRC := core/admin/admin.c core/admin/ask.c core/admin/connections.c core/admin/form.c core/admin/openapi.c core/admin/pages.c core/admin/reply.c core/admin/roles.c
