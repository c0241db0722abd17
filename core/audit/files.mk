audit_SRC := core/audit/record.c core/audit/delivery.c core/audit/read.c core/audit/log.c
