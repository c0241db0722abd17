admin_SRC := core/admin/house.c
