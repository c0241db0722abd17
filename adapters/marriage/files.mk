# The adapter marriage: its sources and test, and its mapping with what only that needs.
marriage_SRC := adapters/marriage/marriage.c adapters/marriage/certificate.c adapters/marriage/query.c
adapter_TESTS += marriage
mapping_DATA += mappings/marriage.xml mappings/tables/mca.occupation.tsv \
	mappings/tables/translate/marriage-type.words.tsv
