schema_SRC := core/schema/event-schema.c core/schema/documents.c core/schema/catalogue.c core/schema/asyncapi.c core/schema/pages.c
