hukou_SRC := adapters/hukou/hukou.c adapters/hukou/emit.c adapters/hukou/exchange.c adapters/hukou/nciic.c \
	adapters/hukou/rbsp.c adapters/hukou/condition.c
