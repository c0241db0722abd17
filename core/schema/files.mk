schema_SRC := core/schema/event-schema.c core/schema/documents.c
