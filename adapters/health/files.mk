# The adapter health: its sources and test, and its mapping with what only that needs.
health_SRC := adapters/health/health.c adapters/health/emit.c adapters/health/walk.c \
	adapters/health/document.c adapters/health/observation.c adapters/health/interaction.c adapters/health/content.c \
	adapters/health/nested.c adapters/health/organisation.c adapters/health/rows.c adapters/health/vaccine.c \
	adapters/health/dates.c adapters/health/reply.c
adapter_TESTS += health
mapping_DATA += mappings/health.xml mappings/tables/health.vaccine.tsv mappings/tables/WS-364.rh-blood.tsv \
	mappings/tables/translate/relation.one-digit.tsv mappings/tables/translate/rh.miscoded.tsv
