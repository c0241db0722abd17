# The adapter hukou: its sources and test, and its mapping with what only that needs.
hukou_SRC := adapters/hukou/hukou.c adapters/hukou/emit.c adapters/hukou/exchange.c adapters/hukou/nciic.c \
	adapters/hukou/rbsp.c adapters/hukou/condition.c
adapter_TESTS += hukou
mapping_DATA += mappings/hukou.xml mappings/tables/hukou.move-kind.tsv mappings/tables/translate/move-kind.reason.tsv \
	mappings/tables/hukou.correction-item.tsv mappings/tables/translate/correction-item.words.tsv
