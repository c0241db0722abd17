# The adapter social-security: its sources and test, and its mapping with what only that needs.
social-security_SRC := adapters/social-security/social-security.c adapters/social-security/rows.c \
	adapters/social-security/row.c adapters/social-security/fields.c adapters/social-security/connection.c \
	adapters/social-security/secrets.c adapters/social-security/packed.c
adapter_TESTS += social-security
mapping_DATA += mappings/social-security.xml mappings/tables/translate/insurance-type.accounting.tsv \
	mappings/tables/translate/insurance-type.city-ehr.tsv
